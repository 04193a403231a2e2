"""moto's server of S3, or the same without conditional writes, as older services are."""

import sys

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple


def careless(application):
    def serve(environ, start_response):
        for header in ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"):
            environ.pop(header, None)
        return application(environ, start_response)

    return serve


port, kind = int(sys.argv[1]), sys.argv[2]
application = DomainDispatcherApplication(create_backend_app)
if kind == "careless":
    application = careless(application)
run_simple("127.0.0.1", port, application, threaded=True)
