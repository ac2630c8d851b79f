package dev.fathom.engine;

/**
 * Where a tensor's bytes are and which backend runs its operations.
 *
 * @param kind the backend
 * @param index which device of that kind, 0 for the host
 */
public record Device(Kind kind, int index) {
    /** Backends by name. */
    public enum Kind {
        CPU, REFERENCE,
        /** An NVIDIA GPU. */
        CUDA,
        /** A GPU made of Java, which runs the same kernels as {@link #CUDA} and checks every access. */
        EMULATED;

        /** Whether tensors lie in this process's own memory, so that {@link Tensor#segment()} has them. */
        public boolean isHost() {
            return this == CPU || this == REFERENCE;
        }
    }

    /** The host's vector kernels. */
    public static final Device CPU = new Device(Kind.CPU, 0);

    /** The executable specification: plain double loops, the oracle of every other backend. */
    public static final Device REFERENCE = new Device(Kind.REFERENCE, 0);

    /** GPU number {@code index}, as the driver counts them. */
    public static Device cuda(int index) {
        return new Device(Kind.CUDA, index);
    }

    /** Emulated GPU number {@code index}; each has memory of its own. */
    public static Device emulated(int index) {
        return new Device(Kind.EMULATED, index);
    }

    public boolean isHost() {
        return kind.isHost();
    }

    /** The name, with the number where it is not the first: {@code cuda}, {@code cuda:1}. */
    @Override
    public String toString() {
        return kind.name().toLowerCase(java.util.Locale.ROOT) + (index == 0 ? "" : ":" + index);
    }
}
