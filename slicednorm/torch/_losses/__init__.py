"""The losses that are not sliced: Mardia's measures, the Cramer-Wold distance, WAE-MMD, and a VAE's divergence."""
