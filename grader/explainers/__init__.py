"""Reference explanations; these modules alone import shap and lime, and only when one is called."""
