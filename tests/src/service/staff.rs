//! Somebody who is signed in to the desk.

use reqwest::{RequestBuilder, StatusCode};

use super::{STAFF_EMAIL, STAFF_PASSWORD, Service};
use crate::client::{Answer, Client};

/// [`STAFF_EMAIL`] with a session.
#[derive(Debug)]
pub struct Staff {
    client: Client,
    cookie: String,
    origin: String,
}

impl Service {
    /// Asks to sign [`STAFF_EMAIL`] in with a password.
    pub async fn try_to_sign_in(&self, password: &str) -> Answer {
        self.try_to_sign_in_as(STAFF_EMAIL, password).await
    }

    /// Asks to sign somebody in with a password.
    pub async fn try_to_sign_in_as(&self, email: &str, password: &str) -> Answer {
        let email = email.replace('@', "%40");
        let request = self
            .client()
            .request("POST", "/desk/login")
            .header("Origin", self.origin())
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(format!("email={email}&password={password}"));
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// Adds [`STAFF_EMAIL`] and signs them in.
    pub async fn sign_in_staff(&self) -> Staff {
        self.add_staff();
        self.sign_in_again(STAFF_EMAIL).await
    }

    /// Adds a colleague and signs them in.
    pub async fn sign_in_as(&self, email: &str, arguments: &[&str]) -> Staff {
        self.add_colleague(email, arguments);
        self.sign_in_again(email).await
    }

    /// Signs somebody in who has an account.
    pub async fn sign_in_again(&self, email: &str) -> Staff {
        let answer = self.try_to_sign_in_as(email, STAFF_PASSWORD).await;
        let (status, text) = (answer.status, &answer.text);
        assert!(status.is_redirection(), "{status}: {text}");
        let cookie = answer.header("set-cookie").expect("a session");
        let (pair, _) = cookie.split_once(';').expect("a cookie has attributes");
        Staff {
            client: self.client(),
            cookie: pair.to_owned(),
            origin: self.origin(),
        }
    }
}

impl Staff {
    /// The `Cookie` header of their requests.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Sends a form of the desk without fields.
    pub async fn post(&self, path: &str) -> Answer {
        let request = self
            .client
            .request("POST", path)
            .header("Origin", &self.origin)
            .header("Cookie", &self.cookie);
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// A request of theirs, as their browser makes it.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client
            .request(method, path)
            .header("Origin", &self.origin)
            .header("Cookie", &self.cookie)
    }

    /// A GET of a page of the desk.
    pub async fn get(&self, path: &str) -> Answer {
        let request = self
            .client
            .request("GET", path)
            .header("Cookie", &self.cookie);
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// The bytes of a file of a ticket.
    pub async fn download(&self, path: &str) -> Vec<u8> {
        let response = self.request("GET", path).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.bytes().await.expect("a whole file").to_vec()
    }
}
