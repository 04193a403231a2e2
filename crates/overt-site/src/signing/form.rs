//! What somebody signs as.

use overt_record::record::{Capacity, Country, Endorsement, Signatory, Verification};
use overt_record::{Hash, Name};
use overt_statement::{MailAddress, is_public_provider};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::BadForm;
use crate::language::Language;
use crate::private::{Private, PrivateError};
use crate::secret::Place;

/// What somebody signs as. The fields are read where they come in: what is here can stand in a record.
#[derive(Clone, Debug)]
pub struct SigningForm {
    /// The record digest of the statement.
    pub statement: Hash,
    /// Where the link goes.
    pub address: MailAddress,
    /// In which capacity.
    pub capacity: Capacity,
    /// The name. Also of those who sign without: it is deleted thirty days after the signature.
    pub name: Name,
    /// A person's role.
    pub role: Option<Name>,
    /// A person's organisation.
    pub affiliation: Option<Name>,
    /// The country.
    pub country: Option<Country>,
    /// Whether the name is shown.
    pub shown: Shown,
    /// In which language the mail is.
    pub language: Language,
}

/// What of a signatory is public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// Name, role and affiliation.
    Name,
    /// Only the domain of the address.
    DomainOnly,
}

/// A form as it is sealed: with the address until it is confirmed, without it while a moderator decides.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SealedForm {
    pub(crate) address: Option<String>,
    pub(crate) domain: Name,
    pub(crate) capacity: Capacity,
    pub(crate) name: Option<Name>,
    pub(crate) role: Option<Name>,
    pub(crate) affiliation: Option<Name>,
    pub(crate) country: Option<Country>,
    pub(crate) shown: Shown,
}

impl SigningForm {
    pub(super) fn check(&self) -> Result<(), BadForm> {
        let organisation = self.capacity == Capacity::Organisation;
        if organisation && (self.affiliation.is_some() || self.role.is_some()) {
            return Err(BadForm::OrganisationWithAffiliation);
        }
        match self.shown {
            Shown::DomainOnly if organisation => Err(BadForm::NamelessOrganisation),
            Shown::DomainOnly if is_public_provider(self.address.domain()) => {
                Err(BadForm::NamelessPublicProvider)
            }
            Shown::Name | Shown::DomainOnly => Ok(()),
        }
    }

    pub(super) fn to_sealed(&self) -> Result<SealedForm, PrivateError> {
        Ok(SealedForm {
            address: Some(self.address.exposed()),
            domain: domain(&self.address)?,
            capacity: self.capacity,
            name: Some(self.name.clone()),
            role: self.role.clone(),
            affiliation: self.affiliation.clone(),
            country: self.country,
            shown: self.shown,
        })
    }
}

impl SealedForm {
    /// For a link that withdraws: nothing but the address.
    pub(super) fn address_only(address: &MailAddress) -> Result<Self, PrivateError> {
        Ok(Self {
            address: Some(address.exposed()),
            domain: domain(address)?,
            capacity: Capacity::Person,
            name: None,
            role: None,
            affiliation: None,
            country: None,
            shown: Shown::DomainOnly,
        })
    }

    pub(super) fn address(&self) -> Option<MailAddress> {
        self.address.as_deref().and_then(|address| MailAddress::parse(address).ok())
    }

    pub(super) fn seal(&self, private: &Private, place: Place<'_>) -> Result<Vec<u8>, PrivateError> {
        let plain = Zeroizing::new(serde_json::to_vec(self)?);
        Ok(private.secret.seal(place, &plain)?)
    }

    pub(crate) fn open(private: &Private, place: Place<'_>, sealed: &[u8]) -> Result<Self, PrivateError> {
        Ok(serde_json::from_slice(&private.secret.open(place, sealed)?)?)
    }

    /// The endorsement that the site signs for whoever answered from the address.
    pub(super) fn endorsement(&self, statement: Hash, commitment: Hash) -> Endorsement {
        let open = self.shown == Shown::Name;
        let if_open = |name: &Option<Name>| name.clone().filter(|_| open);
        Endorsement {
            of: statement,
            signatory: Signatory {
                capacity: self.capacity,
                name: if_open(&self.name),
                role: if_open(&self.role),
                affiliation: if_open(&self.affiliation),
                country: self.country.filter(|_| open),
            },
            verified: Verification::EmailDomain,
            domain: Some(self.domain.clone()),
            email_commitment: Some(commitment),
        }
    }
}

fn domain(address: &MailAddress) -> Result<Name, PrivateError> {
    Name::new(address.domain())
        .map_err(|error| PrivateError::Sealed(<serde_json::Error as serde::de::Error>::custom(error)))
}
