"""What a person sees, made once from what came of an act, for page, API and command line alike."""
