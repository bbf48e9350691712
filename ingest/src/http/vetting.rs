//! What is asked of a submission before it is taken, and what makes its ticket a suspect. Nobody is told that a ticket is held.

use axum::http::{HeaderMap, HeaderName};
use cornerdesk_shared::problem::ProblemKind;

use super::problem::HttpError;
use crate::{
    app::App,
    form_token,
    identity::Identity,
    proof_of_work::{self, Proof},
    site::Site,
    source::Source,
    ticket::HoldReason,
};

/// A solved challenge.
pub const PROOF_OF_WORK: HeaderName = HeaderName::from_static("proof-of-work");
/// What the header says of a client that cannot do the work: an old telephone, or a page without TLS, where browsers have no cryptography.
const NO_WORK: &str = "none";
/// The token that came with the form.
pub const FORM_TOKEN: HeaderName = HeaderName::from_static("form-token");
/// The form's hidden field, when something stands in it.
pub const FORM_TRAP: HeaderName = HeaderName::from_static("form-trap");

/// What came with a submission besides what it says.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The token of the form.
    pub token: Option<String>,
    /// The hidden field was filled.
    pub is_trapped: bool,
    /// A solved challenge.
    pub proof: Option<String>,
    /// The client says that it does not do the work.
    pub skips_work: bool,
}

impl Evidence {
    /// As the panel and programs send it.
    #[must_use]
    pub fn of_headers(headers: &HeaderMap) -> Self {
        let text = |name: &HeaderName| Some(headers.get(name)?.to_str().ok()?.to_owned());
        let proof = text(&PROOF_OF_WORK);
        Self {
            token: text(&FORM_TOKEN),
            is_trapped: headers.contains_key(&FORM_TRAP),
            skips_work: proof.as_deref() == Some(NO_WORK),
            proof,
        }
    }

    /// Both together, of a form that has headers too; where each says something, the first counts.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            token: self.token.or(other.token),
            is_trapped: self.is_trapped || other.is_trapped,
            proof: self.proof.or(other.proof),
            skips_work: self.skips_work || other.skips_work,
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Vetted {
    /// Why the ticket is to be held.
    pub hold: Option<HoldReason>,
    /// Work that is to be used up.
    pub proof: Option<Proof>,
}

/// Looks at a submission. A form that came `without_scripts` cannot do work, nor can a client that says so: their tickets are held instead.
///
/// # Errors
/// [`ProblemKind::ProofOfWorkRequired`].
pub async fn vet(
    app: &App,
    site: &Site,
    source: Option<Source>,
    evidence: &Evidence,
    identity: Option<&Identity>,
    without_scripts: bool,
) -> Result<Vetted, HttpError> {
    // Nobody needs to find out whether somebody is a person for whom the product vouches.
    if identity.is_some() {
        return Ok(Vetted::default());
    }
    let mut vetted = Vetted {
        hold: suspicion(app, site, source, evidence),
        proof: None,
    };
    if source.is_none() || !app.pressure.asks(&site.key) {
        return Ok(vetted);
    }
    vetted.proof = verified(app, site, evidence).await;
    if vetted.proof.is_none() && (without_scripts || evidence.skips_work) {
        vetted.hold = vetted.hold.or(Some(HoldReason::NoProofOfWork));
    } else if vetted.proof.is_none() {
        app.pressure.refused(&site.key);
        return Err(proof_required());
    }
    Ok(vetted)
}

/// The answer to a submission without work, or with work that was used before.
#[must_use]
pub fn proof_required() -> HttpError {
    HttpError::new(
        ProblemKind::ProofOfWorkRequired,
        "This site asks for proof of work now. Solve a challenge of /v1/sites/{site}/challenge (ALTCHA) and send the same request again with the payload in the header Proof-Of-Work.",
    )
}

fn suspicion(
    app: &App,
    site: &Site,
    source: Option<Source>,
    evidence: &Evidence,
) -> Option<HoldReason> {
    if evidence.is_trapped {
        return Some(HoldReason::HiddenField);
    }
    let least_ms = app.config.abuse.least_fill_ms;
    let token = evidence.token.as_deref().filter(|_| source.is_some())?;
    let issued_at = form_token::issued_at(&app.secret, &site.key, token)?;
    let held_for = app.clock.now().duration_since(issued_at).as_millis();
    // A clock that went back says nothing against anybody.
    (0..i128::from(least_ms))
        .contains(&held_for)
        .then_some(HoldReason::TooFast)
}

/// Deriving a key takes milliseconds: not where requests are answered.
async fn verified(app: &App, site: &Site, evidence: &Evidence) -> Option<Proof> {
    let (secret, site, now) = (app.secret.clone(), site.key.clone(), app.clock.now());
    let payload = evidence.proof.clone()?;
    let verify = move || proof_of_work::verify(&secret, &site, &payload, now);
    tokio::task::spawn_blocking(verify).await.ok().flatten()
}
