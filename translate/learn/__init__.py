"""Learning to translate: corpora in, a CTranslate2 model out."""
