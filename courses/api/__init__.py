"""The JSON API, one module for each subject: its views and what they accept and answer."""
