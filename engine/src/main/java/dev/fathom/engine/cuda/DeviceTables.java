package dev.fathom.engine.cuda;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Small constant tables on a device, by key: they live as long as the device, outside every scope. */
final class DeviceTables {
    private final CudaDevice cuda;
    private final Map<Object, Long> addresses = new HashMap<>();

    DeviceTables(CudaDevice cuda) {
        this.cuda = cuda;
    }

    synchronized long address(Object key, Supplier<MemorySegment> contents) {
        Long known = addresses.get(key);
        if (known != null) {
            return known;
        }
        MemorySegment bytes = contents.get();
        long address = cuda.driver().memAlloc(Math.max(1, bytes.byteSize()));
        cuda.upload(bytes, address);
        addresses.put(key, address);
        return address;
    }

    synchronized void close() {
        addresses.values().forEach(cuda.driver()::memFree);
        addresses.clear();
    }
}
