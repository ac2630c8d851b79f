package dev.fathom.engine.cuda;

import dev.fathom.engine.cuda.driver.Arguments;
import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.driver.CudaException;

/** A kernel of a loaded module, with what its PTX says about its parameters. */
final class LoadedKernel {
    private static final int DEFAULT_SHARED = 48 << 10;

    private final String module;
    private final KernelSignature signature;
    private final long function;
    private volatile int allowedShared = DEFAULT_SHARED;

    LoadedKernel(String module, KernelSignature signature, long function) {
        this.module = module;
        this.signature = signature;
        this.function = function;
    }

    long function() {
        return function;
    }

    /** Refuses arguments that are not laid out as the kernel reads them. */
    void check(Arguments arguments) {
        if (arguments.count() != signature.count()) {
            throw new CudaException("kernel " + this + " takes " + signature.count() + " arguments, got "
                    + arguments.count());
        }
        for (int i = 0; i < signature.count(); i++) {
            int end = i + 1 < arguments.count() ? arguments.offset(i + 1) : arguments.bytes();
            boolean fits = arguments.offset(i) == signature.offset(i)
                    && end - arguments.offset(i) >= signature.size(i)
                    && (i + 1 < signature.count() || end == signature.bytes());
            if (!fits) {
                throw new CudaException("kernel " + this + ": argument " + i + " is at byte " + arguments.offset(i)
                        + " and ends before " + end + ", but the kernel reads " + signature.size(i) + " bytes at "
                        + signature.offset(i));
            }
        }
    }

    /** Asks for more than the 48 KiB of dynamic shared memory that every kernel may use, once. */
    void allowShared(CudaDriver driver, int bytes) {
        if (bytes > allowedShared) {
            driver.maxDynamicShared(function, bytes);
            allowedShared = bytes;
        }
    }

    @Override
    public String toString() {
        return module + "/" + signature.name();
    }
}
