"""``python -m slicednorm`` is the command ``slicednorm``."""

from slicednorm_cli.main import main

if __name__ == "__main__":
    main()
