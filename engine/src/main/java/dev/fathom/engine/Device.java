package dev.fathom.engine;

/**
 * Where a tensor's bytes are and which backend runs its operations.
 *
 * @param kind the backend
 * @param index which device of that kind, 0 for the host
 */
public record Device(Kind kind, int index) {
    /** Backends by name. */
    public enum Kind { CPU, REFERENCE }

    /** The host's vector kernels. */
    public static final Device CPU = new Device(Kind.CPU, 0);

    /** The executable specification: plain double loops, the oracle of every other backend. */
    public static final Device REFERENCE = new Device(Kind.REFERENCE, 0);

    @Override
    public String toString() {
        return kind.name().toLowerCase(java.util.Locale.ROOT);
    }
}
