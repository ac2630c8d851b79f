package dev.fathom.engine.cuda.jcuda;

import jcuda.driver.CUdeviceptr;

/** A raw address of device memory, where JCuda insists on its own class: null, and an offset. */
final class DevicePointer extends CUdeviceptr {
    private static final CUdeviceptr NULL = new CUdeviceptr();

    /** To be filled by a call. */
    DevicePointer() {
    }

    DevicePointer(long address) {
        super(NULL, address);
    }

    long address() {
        return getNativePointer() + getByteOffset();
    }
}
