//! Acknowledgements by a real mail server that does not always behave.

mod acknowledgement;
mod crash;
mod outage;
mod poison;
mod privacy;
mod trouble;
