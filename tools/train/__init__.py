"""The trainer: from a motion clip to a policy that does it with real physics (DeepMimic, Peng et al. 2018)."""
