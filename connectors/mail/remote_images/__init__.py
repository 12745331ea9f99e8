"""Images that mails show from elsewhere, fetched by us instead of the reader's browser (email.md section 11).

The sender learns that the images were looked at, as the page says before; not by whom, from where, or with which
browser. What is handed on is a raster image and nothing else, whatever its server calls it.
"""

from connectors.mail.remote_images.fetching import ImageNotFetched, RemoteImage, fetch_image
from connectors.mail.remote_images.handing_on import FOLDER, NotOurAddress, TooMuchFetched, image_for, path_of

__all__ = [
    "FOLDER",
    "ImageNotFetched",
    "NotOurAddress",
    "RemoteImage",
    "TooMuchFetched",
    "fetch_image",
    "image_for",
    "path_of",
]
