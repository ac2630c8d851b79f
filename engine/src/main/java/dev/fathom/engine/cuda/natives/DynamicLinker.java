package dev.fathom.engine.cuda.natives;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The system's dynamic linker: {@code dlopen}, {@code dlsym}, {@code dlerror}. Java's own {@code SymbolLookup} does the
 * same but keeps the reason of a failure to itself, and the reason (which library is missing, which version is too old)
 * is what a person needs. Libraries that were opened stay.
 */
final class DynamicLinker {
    private static final int RTLD_LAZY = 1;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle DLOPEN = handle("dlopen",
        FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    private static final MethodHandle DLSYM = handle("dlsym",
        FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    private static final MethodHandle DLERROR = handle("dlerror", FunctionDescriptor.of(ValueLayout.ADDRESS));

    private DynamicLinker() {
    }

    /** A library could not be opened; the message is the system's. */
    static final class NotOpened extends Exception {
        private static final long serialVersionUID = 1L;

        NotOpened(String message) {
            super(message);
        }
    }

    private static MethodHandle handle(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(LINKER.defaultLookup().find(name).orElseThrow(), type);
    }

    /**
     * Opens a library for good; its symbols stay private to whoever asks for them, but other libraries that want it by
     * its {@code SONAME} are satisfied.
     *
     * @param name a path, or a bare name that the system's own search finds
     */
    static MemorySegment open(String name) throws NotOpened {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment library = (MemorySegment) DLOPEN.invokeExact(arena.allocateFrom(name), RTLD_LAZY);
            if (library.address() == 0) {
                throw new NotOpened(error());
            }
            return library;
        } catch (NotOpened | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** The address of a symbol, 0 if the library does not have it. */
    static long symbol(MemorySegment library, String name) {
        try (Arena arena = Arena.ofConfined()) {
            return ((MemorySegment) DLSYM.invokeExact(library, arena.allocateFrom(name))).address();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** A function of a library, to be called. */
    static MethodHandle function(MemorySegment library, String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(MemorySegment.ofAddress(symbol(library, name)), type);
    }

    private static String error() throws Throwable {
        MemorySegment text = (MemorySegment) DLERROR.invokeExact();
        return text.address() == 0 ? "no reason given" : text.reinterpret(Long.MAX_VALUE).getString(0);
    }
}
