"""The pages of the site, one module for each subject: requests in, templates out, no rules."""
