# ruff: noqa: C901, PTH110 - it is loaded into every interpreter, so it imports little
"""For proofs only: lets an unmodified picamera2 run on libcamera's virtual camera.

Python imports this module at its start when the folder is on PYTHONPATH; the program under test
knows nothing of it.  What a Pi's kernel gives and this machine lacks is made up here:

- memory that camera and processor share (no /dev/dma_heap): anonymous files instead;
- an image processor that delivers the format asked for, its rows padded (the virtual camera gives
  NV12 only): converted when a finished buffer is mapped, padded to VIRTUAL_CAMERA_ALIGNMENT bytes;
- raw streams, which the virtual camera does not have: answered as a USB camera answers;
- a steady frame rate, VIRTUAL_CAMERA_FPS;
- a camera that wedges: while the file named by VIRTUAL_CAMERA_STALL exists, no request reaches it,
  so nothing comes out and no exception is raised.
"""

import importlib.abc
import importlib.machinery
import mmap
import os
import sys
import time
import weakref

ALIGNMENT = int(os.environ.get("VIRTUAL_CAMERA_ALIGNMENT", "64"))
FRAMES_PER_SECOND = float(os.environ.get("VIRTUAL_CAMERA_FPS", "30"))
STALL_FILE = os.environ.get("VIRTUAL_CAMERA_STALL", "")
PAGE = 4096


def padded(length, alignment):
    return -(-length // alignment) * alignment


def teach(module):
    """Put the missing parts into picamera2's main module."""
    module.DmaAllocator = make_allocator_class()
    answer_raw_streams()
    pace_requests()

    camera_class = module.Picamera2
    original_init = camera_class.__init__
    original_update = camera_class._update_stream_config

    def init(self, *arguments, **options):
        original_init(self, *arguments, **options)
        self.allocator.camera = weakref.ref(self)

    def update_stream_config(self, config, libcamera_config):
        asked = config["format"]
        original_update(self, config, libcamera_config)
        if asked != "YUV420" or config["format"] != "NV12":
            return
        width, height = config["size"]
        # The chroma rows are half as long and padded to the same alignment.
        stride = padded(width, ALIGNMENT * 2) if ALIGNMENT > 2 else width
        config.update(format=asked, stride=stride, framesize=stride * height * 3 // 2)

    camera_class.__init__ = init
    camera_class._update_stream_config = update_stream_config


def make_allocator_class():
    import libcamera
    import numpy as np
    from picamera2.allocators.allocator import Allocator

    class Mapping:
        """What picamera2 opens to look into a finished buffer."""

        def __init__(self, allocator, buffer, write):
            self.allocator, self.buffer = allocator, buffer

        def __enter__(self):
            return self.allocator.converted(self.buffer)

        def __exit__(self, *_):
            pass

    class FileAllocator(Allocator):
        def __init__(self):
            super().__init__()
            self.camera = None
            self.sync = Mapping
            self.forget()

        def forget(self):
            self.by_stream, self.memory, self.streams, self.pictures, self.descriptors = (
                {},
                {},
                {},
                {},
                [],
            )
            self.mapped_buffers = self.pictures

        def allocate(self, libcamera_config, _use_case):
            self.close()
            for index, stream in enumerate(libcamera_config):
                buffers = []
                for number in range(stream.buffer_count):
                    descriptor = os.memfd_create(f"virtual-camera-{number}")
                    os.ftruncate(descriptor, padded(stream.frame_size, PAGE))
                    luma = stream.stride * stream.size.height
                    planes = [libcamera.FrameBuffer.Plane(), libcamera.FrameBuffer.Plane()]
                    for plane, offset, length in zip(
                        planes, (0, luma), (luma, luma // 2), strict=True
                    ):
                        plane.fd, plane.offset, plane.length = descriptor, offset, length
                    buffer = libcamera.FrameBuffer(planes)
                    self.descriptors.append(descriptor)
                    self.memory[buffer] = mmap.mmap(descriptor, stream.frame_size)
                    self.streams[buffer] = (
                        index,
                        stream.size.width,
                        stream.size.height,
                        stream.stride,
                    )
                    buffers.append(buffer)
                self.by_stream[stream.stream] = buffers

        def buffers(self, stream):
            return self.by_stream[stream]

        def acquire(self, buffers):
            for buffer in buffers.values():
                self.pictures.pop(buffer, None)

        def release(self, buffers):
            for buffer in buffers.values():
                self.pictures.pop(buffer, None)

        def converted(self, buffer):
            if buffer not in self.pictures:
                self.pictures[buffer] = self.convert(buffer)
            return self.pictures[buffer]

        def convert(self, buffer):
            index, width, height, stride = self.streams[buffer]
            memory = self.memory[buffer]
            camera = self.camera()
            name = {0: "main", camera.lores_index: "lores"}.get(index)
            config = camera.camera_config.get(name) if camera.camera_config else None
            if config is None or config["format"] != "YUV420":
                return memory
            rows = np.frombuffer(memory, np.uint8)[: stride * height * 3 // 2].reshape(-1, stride)
            row = config["stride"]
            # What a Pi leaves in the padding is anything; here it is white, to be seen if shown.
            laid = np.full(config["framesize"], 255, np.uint8)
            laid[: row * height].reshape(height, row)[:, :width] = rows[:height, :width]
            pairs = rows[height:, :width].reshape(height // 2, width // 2, 2)
            planes = laid[row * height :].reshape(2, height // 2, row // 2)
            planes[0][:, : width // 2], planes[1][:, : width // 2] = pairs[..., 0], pairs[..., 1]
            return memoryview(laid)

        def close(self):
            descriptors = self.descriptors
            self.forget()
            for descriptor in descriptors:
                os.close(descriptor)

    return FileAllocator


def answer_raw_streams():
    import libcamera

    original = libcamera.Camera.generate_configuration
    role = libcamera.StreamRole

    def generate_configuration(camera, roles=()):
        return original(camera, [role.Viewfinder if r == role.Raw else r for r in roles])

    libcamera.Camera.generate_configuration = generate_configuration


def pace_requests():
    import libcamera

    original = libcamera.Camera.queue_request
    due = {}

    def queue_request(camera, request):
        if STALL_FILE and os.path.exists(STALL_FILE):
            return None
        if FRAMES_PER_SECOND:
            now = time.monotonic()
            at = max(due.get(camera.id, now), now - 1 / FRAMES_PER_SECOND)
            due[camera.id] = at + 1 / FRAMES_PER_SECOND
            time.sleep(max(0.0, at - now))
        return original(camera, request)

    libcamera.Camera.queue_request = queue_request


class Finder(importlib.abc.MetaPathFinder):
    """Waits for picamera2's main module, lets it load as it is, then teaches it."""

    def find_spec(self, name, path, target=None):
        if name != "picamera2.picamera2":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            teach(module)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Finder())
