/* The HTML standard, and names for all landmarks. Left out: what is style, or is the theme's and does no harm. */
export default {
  root: true,
  extends: ["html-validate:standard"],
  rules: {
    // Style, which Sphinx's and Furo's templates have otherwise.
    "attribute-boolean-style": "off",
    "doctype-style": "off",
    "no-trailing-whitespace": "off",
    "void-style": "off",
    // Furo's buttons stand in no form, and its search has one field: Enter sends it.
    "no-implicit-button-type": "off",
    "no-implicit-input-type": "off",
    "wcag/h32": "off",
    // Furo's labels work without JavaScript, as buttons would not; ours are that inside them.
    "prefer-native-element": "off",
    "valid-id": "off", // "__navigation"; the standard allows it
  },
};
