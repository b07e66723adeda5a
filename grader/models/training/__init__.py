"""Where the weights of our own come from: run by hand, once, and their results lie in `shipped`.

    python -m grader.models.training.phase NOVELS            # needs torch
    python -m grader.models.training.austen NOVELS           # needs torch and tokenizers
    python -m grader.models.training.sparse_autoencoder NOVELS

NOVELS is the file of Debian's package r-cran-janeaustenr (`apt-get download r-cran-janeaustenr`).
Neither the site nor a sandbox imports anything of this package.
"""
