package dev.fathom.engine.cuda.emulated;

import dev.fathom.engine.cuda.driver.CudaException;
import java.util.HashMap;
import java.util.Map;

/** Objects of the emulated driver by their handles: numbers that are never used twice. Guarded by the driver. */
final class Handles {
    private final Map<Long, Object> objects = new HashMap<>();
    private long next = 1;

    long add(Object object) {
        objects.put(next, object);
        return next++;
    }

    <T> T get(String call, Class<T> type, long handle) {
        Object object = objects.get(handle);
        if (!type.isInstance(object)) {
            throw invalid(call, type, handle);
        }
        return type.cast(object);
    }

    <T> T remove(String call, Class<T> type, long handle) {
        T object = get(call, type, handle);
        objects.remove(handle);
        return object;
    }

    private static CudaException invalid(String call, Class<?> type, long handle) {
        return new CudaException(call + ": CUDA_ERROR_INVALID_HANDLE (400): " + handle + " is no live "
                + type.getSimpleName().toLowerCase(java.util.Locale.ROOT) + " of this device");
    }

    /** Live objects of a type, for leak reports. */
    long count(Class<?> type) {
        return objects.values().stream().filter(type::isInstance).count();
    }

    void clear() {
        objects.clear();
    }
}
