package dev.fathom.engine.cpu;

import dev.fathom.engine.errors.FathomException;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width that every cpu kernel of this process uses.
 *
 * <p>The width is the JVM's preferred one: 512 bits on AVX-512 machines, 256 on AVX2, 128 on NEON and SSE. The system
 * property {@code fathom.vector.bits} (128, 256 or 512) overrides it, so that one machine can test every width; a width
 * above the machine's own works but is emulated and very slow.
 *
 * <p>Everything here is a {@code static final} constant because the compiler must see the species as a constant: a
 * species that arrives through a field or a parameter makes each vector operation an allocation.
 * The class is initialised on first use, so a program that never computes on the cpu backend never loads the vector
 * module.
 */
public final class Lanes {
    /** The system property that overrides the width, in bits. */
    public static final String PROPERTY = "fathom.vector.bits";

    private static final VectorShape SHAPE = shape(System.getProperty(PROPERTY));

    /** Float32 lanes. */
    public static final VectorSpecies<Float> F32 = VectorSpecies.of(float.class, SHAPE);
    /** Int32 lanes, as many as {@link #F32} has: its bit patterns, its indices. */
    public static final VectorSpecies<Integer> I32 = VectorSpecies.of(int.class, SHAPE);
    /** Float64 lanes at the full width: half as many as {@link #F32} has. */
    public static final VectorSpecies<Double> F64 = VectorSpecies.of(double.class, SHAPE);
    /** Int64 lanes at the full width: as many as {@link #F64} has. */
    public static final VectorSpecies<Long> I64 = VectorSpecies.of(long.class, SHAPE);

    /** Width of a vector in bits: 128, 256 or 512. */
    public static final int BITS = SHAPE.vectorBitSize();
    /** Width of a vector in bytes. */
    public static final int BYTES = BITS / 8;
    /** Number of float32 lanes: 4, 8 or 16. */
    public static final int FLOATS = F32.length();
    /** Number of float64 lanes: 2, 4 or 8. */
    public static final int DOUBLES = F64.length();

    /** The byte order of all tensors: the last argument of every vector load and store. */
    public static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    private Lanes() {
    }

    /** The widths that this machine executes in hardware are those up to this one, in bits. */
    public static int preferredBits() {
        return Math.clamp(FloatVector.SPECIES_PREFERRED.vectorBitSize(), 128, 512);
    }

    /** One line for people: {@code 512-bit vectors (16 float32 lanes)}, and whether the width was overridden. */
    public static String describe() {
        String line = BITS + "-bit vectors (" + FLOATS + " float32 lanes)";
        return BITS == preferredBits() ? line : line + ", set by -D" + PROPERTY + "; this machine prefers "
            + preferredBits();
    }

    private static VectorShape shape(String override) {
        if (override == null) {
            return VectorShape.forBitSize(preferredBits());
        }
        return switch (override.strip()) {
            case "128" -> VectorShape.S_128_BIT;
            case "256" -> VectorShape.S_256_BIT;
            case "512" -> VectorShape.S_512_BIT;
            default -> throw new FathomException("The system property " + PROPERTY + " is '" + override
                + "', but a vector width is 128, 256 or 512 bits; correct it or leave it out.");
        };
    }
}
