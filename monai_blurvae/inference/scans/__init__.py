"""From a k-space file to images, step by step."""
