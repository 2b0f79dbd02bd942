"""The command ``slicednorm``: options, readers, printing; every number comes from `slicednorm`."""
