"""The sliced distance of a latent: on the CPU, on a device, over the ranks of a process group, and its gradient."""
