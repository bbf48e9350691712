// As its documentation embeds it.
import Feedback from "@betahuhn/feedback-js";

new Feedback({ endpoint: "/answer", emailField: true }).renderButton();
