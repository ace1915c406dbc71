"""CelebA, CIFAR10 and folders of images."""
