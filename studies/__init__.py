"""Studies: what is trained, measured and compared with slicednorm; none of it is needed to use the package."""
