//! A site and what belongs to it.

use cornerdesk_tests::{
    Service,
    client::{Answer, Client, File, a_submission_with, form, new_key, upload_id},
    smtp::SmtpSink,
};
use serde_json::{Value, json};

use super::PUBLIC_URL;

/// What belongs to one site. Its canary is in everything that it was given.
pub struct Tenant {
    pub site: &'static str,
    pub canary: &'static str,
    /// A page that may embed it.
    pub page: &'static str,
    pub client: Client,
    pub reference: String,
    pub key: String,
    pub submission: Value,
    /// Uploads that are there: one that grows, one that is complete.
    pub growing: String,
    pub complete: String,
    /// The attachment of its ticket.
    pub attachment: String,
    /// What the link in its mail is good for.
    pub token: String,
    /// What the link in its receipt is good for.
    pub status_token: String,
}

impl Tenant {
    pub async fn settle(
        service: &Service,
        sink: &SmtpSink,
        (site, canary, page): (&'static str, &'static str, &'static str),
    ) -> Self {
        let client = service.client().at_site(site);
        let email = format!("{canary}@{canary}.example");
        let file = |name: &str| File::text(&format!("{canary}-{name}.txt"), &canary.repeat(100));
        let growing = client.create_upload(&file("growing")).await;
        client.append(&growing, 0, canary.as_bytes()).await;
        let complete = client.upload(&file("complete")).await;
        let submission = a_submission_with(json!({
            "summary": format!("{canary} summary"), "description": format!("{canary} description"), "email": email,
            "category": canary, "plan": canary, "context": { "page_title": canary, "page_url": format!("https://{canary}.example/"), "host": { canary: canary }, "console_errors": [canary] },
            "upload_ids": [client.upload(&file("attached")).await],
        }));
        let article = format!("# {canary} article");
        let help = [("article.md", article.as_str())];
        cornerdesk_tests::help::import(service, site, &format!("https://{canary}.example"), &help);
        let key = new_key();
        let request = client.submission(&key, &submission);
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        let reference = answer.reference();
        let receipt = answer.json();
        let status_url = receipt["status_url"].as_str().expect("an address");
        let status_token = status_url.rsplit('/').next().expect("a token").to_owned();
        let mail = sink.message_to(&email).await.mail();
        let links = mail.links();
        let path = links.iter().find_map(|link| link.strip_prefix(PUBLIC_URL));
        let path = path.expect("a link in the mail");
        let [_, of, token] = path
            .trim_start_matches('/')
            .splitn(3, '/')
            .collect::<Vec<_>>()[..]
        else {
            panic!("{path} is no link");
        };
        assert_eq!(of, site);
        let ticket = service.ticket_with_examined_files(&reference).await;
        let attachment = ticket["attachments"][0]["id"].as_str().expect("an id");
        Self {
            site,
            canary,
            page,
            attachment: attachment.to_owned(),
            token: token.to_owned(),
            status_token,
            growing: upload_id(&growing),
            client,
            reference,
            key,
            submission,
            complete,
        }
    }

    pub fn upload(&self, id: &str) -> String {
        self.client.path(&format!("uploads/{id}"))
    }

    /// A submission of this site that names uploads.
    pub fn submission_with(&self, uploads: &[&str]) -> Value {
        let mut submission = self.submission.clone();
        submission["upload_ids"] = json!(uploads);
        submission
    }

    /// Its fields as a form.
    pub fn form_with(&self, upload: &str) -> reqwest::multipart::Form {
        let fields = json!({ "summary": self.canary, "description": self.canary, "email": self.submission["email"], "upload_ids": upload });
        form(&fields, &[File::text("own.txt", self.canary)])
    }

    /// How far its upload is: nobody else moves it.
    pub async fn offset(&self, id: &str) -> Option<String> {
        let answer = self.client.about_upload("HEAD", &self.upload(id)).await;
        answer.header("upload-offset").map(str::to_owned)
    }
}
