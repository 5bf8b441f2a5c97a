"""One process at a time per album."""

import pytest

from device.album.errors import AlbumError
from device.album.folder_lock import FolderLock


def test_a_second_user_is_refused_until_the_first_lets_go(tmp_path):
    first = FolderLock(tmp_path / "lock")
    with pytest.raises(AlbumError, match="is in use; is the service running"):
        FolderLock(tmp_path / "lock")
    first.release()
    first.release()
    FolderLock(tmp_path / "lock").release()
