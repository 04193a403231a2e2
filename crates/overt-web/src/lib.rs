//! Pages and the HTTP interface: the viewer, the public site, the static export.
