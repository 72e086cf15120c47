"""The commands of `onthaal`, one file each. They import late, so that `onthaal --help` is quick."""
