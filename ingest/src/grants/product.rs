//! The products that hear of access and ask about it: how an operator names them, and how their secrets are read.
//!
//! A secret stands in the environment or in a file, never in the configuration or the database.

use std::collections::BTreeMap;

use aws_lc_rs::constant_time;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::Url;

use crate::destination::standard_webhook::Signer;

/// Fewest octets of an API key.
const KEY_LEAST_OCTETS: usize = 32;

/// A product as an operator writes it down.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ProductConfig {
    /// Key of the site.
    pub site: String,
    /// Where it hears of access.
    #[serde(default)]
    pub webhook_url: Option<String>,
    /// The environment variable that holds the secret of the webhook: `whsec_` and base64.
    #[serde(default)]
    pub webhook_secret_env: Option<String>,
    /// The file that holds it.
    #[serde(default)]
    pub webhook_secret_file: Option<String>,
    /// The environment variable that holds the key with which the product asks.
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// The file that holds it.
    #[serde(default)]
    pub api_key_file: Option<String>,
}

/// Where a product hears of access.
#[derive(Clone)]
pub struct Webhook {
    /// The address.
    pub url: String,
    signer: Signer,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Webhook(…)")
    }
}

impl Webhook {
    /// A webhook signed with `secret`, which is `whsec_` and base64.
    ///
    /// # Errors
    /// One sentence.
    pub fn new(url: &str, secret: &str) -> Result<Self, String> {
        let parsed = Url::parse(url).map_err(|_| "webhook_url: no address".to_owned())?;
        if !["https", "http"].contains(&parsed.scheme()) {
            return Err("webhook_url: begins with https:// or http://".to_owned());
        }
        let signer = Signer::new([secret]).map_err(|fault| fault.to_string())?;
        Ok(Self {
            url: url.to_owned(),
            signer,
        })
    }

    /// The header `webhook-signature` (Standard Webhooks 1.0.0): of the id, the second of the attempt, and the body.
    #[must_use]
    pub fn signature(&self, id: &str, second: i64, body: &str) -> String {
        self.signer.signature(id, second, body)
    }
}

/// A product.
#[derive(Clone, Debug, Default)]
pub struct Product {
    /// Where it hears of access.
    pub webhook: Option<Webhook>,
    api_key: Option<[u8; 32]>,
}

impl Product {
    /// Is this the key with which it asks?
    #[must_use]
    pub fn is_key(&self, key: &str) -> bool {
        let given: [u8; 32] = Sha256::digest(key).into();
        self.api_key
            .is_some_and(|own| constant_time::verify_slices_are_equal(&own, &given).is_ok())
    }
}

/// The products of all sites.
#[derive(Clone, Debug, Default)]
pub struct Products(BTreeMap<String, Product>);

impl Products {
    /// Reads what an operator wrote down, and the secrets.
    ///
    /// # Errors
    /// Every fault, one sentence each.
    pub fn load(
        configs: &[ProductConfig],
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Vec<String>> {
        let (mut products, mut faults) = (BTreeMap::new(), Vec::new());
        for config in configs {
            match product_of(config, &environment) {
                Ok(product) => {
                    if products.insert(config.site.clone(), product).is_some() {
                        faults.push(format!("access, \"{}\": named twice", config.site));
                    }
                }
                Err(fault) => faults.push(format!("access, \"{}\": {fault}", config.site)),
            }
        }
        if faults.is_empty() {
            Ok(Self(products))
        } else {
            Err(faults)
        }
    }

    /// The product of a site, if one is named.
    #[must_use]
    pub fn of(&self, site: &str) -> Option<&Product> {
        self.0.get(site)
    }
}

fn product_of(
    config: &ProductConfig,
    environment: &impl Fn(&str) -> Option<String>,
) -> Result<Product, String> {
    let secret = secret_of(
        "webhook_secret",
        (&config.webhook_secret_env, &config.webhook_secret_file),
        environment,
    )?;
    let webhook = match (&config.webhook_url, secret) {
        (Some(url), Some(secret)) => Some(Webhook::new(url, &secret)?),
        (None, None) => None,
        (Some(_), None) => {
            return Err("webhook_url needs webhook_secret_env or webhook_secret_file".to_owned());
        }
        (None, Some(_)) => return Err("a secret of a webhook needs webhook_url".to_owned()),
    };
    let key = secret_of(
        "api_key",
        (&config.api_key_env, &config.api_key_file),
        environment,
    )?;
    let api_key = match key {
        Some(key) if key.trim().len() < KEY_LEAST_OCTETS => {
            return Err(format!(
                "the API key has {} octets; at least {KEY_LEAST_OCTETS} are needed, such as from `openssl rand -hex 32`",
                key.trim().len()
            ));
        }
        key => key.map(|key| Sha256::digest(key.trim()).into()),
    };
    Ok(Product { webhook, api_key })
}

/// A secret of the environment or a file.
///
/// # Errors
/// One sentence.
pub(crate) fn secret_of(
    name: &str,
    (variable, file): (&Option<String>, &Option<String>),
    environment: &impl Fn(&str) -> Option<String>,
) -> Result<Option<String>, String> {
    match (variable, file) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(format!("{name}_env or {name}_file, not both")),
        (Some(variable), None) => environment(variable)
            .map(Some)
            .ok_or_else(|| format!("the variable {variable} is not set")),
        (None, Some(file)) => std::fs::read_to_string(file)
            .map(Some)
            .map_err(|error| format!("{file}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_every_product_is_said() {
        let config = |site: &str, url: Option<&str>, secret: Option<&str>, key: Option<&str>| {
            ProductConfig {
                site: site.into(),
                webhook_url: url.map(Into::into),
                webhook_secret_env: secret.map(Into::into),
                api_key_env: key.map(Into::into),
                ..ProductConfig::default()
            }
        };
        let environment = |name: &str| match name {
            "GOOD" => Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
            "SHORT" => Some("whsec_AAAA".to_owned()),
            "KEY" => Some("k".repeat(32)),
            _ => None,
        };
        let url = Some("https://app.example.com/");
        let good =
            Products::load(&[config("a", url, Some("GOOD"), Some("KEY"))], environment).unwrap();
        let product = good.of("a").unwrap();
        assert!(
            product.webhook.is_some() && product.is_key(&"k".repeat(32)) && !product.is_key("k")
        );
        assert!(good.of("b").is_none() && !Product::default().is_key(""));
        let bad = [
            config("a", url, None, None),
            config("b", None, Some("GOOD"), None),
            config("c", url, Some("SHORT"), None),
            config("d", Some("ftp://x"), Some("GOOD"), None),
            config("e", None, None, Some("GONE")),
            config("f", None, None, Some("SHORT")),
        ];
        let faults = Products::load(&bad, environment).unwrap_err();
        assert_eq!(faults.len(), bad.len(), "{faults:?}");
    }
}
