package dev.fathom.nn.hdf5;

import dev.fathom.engine.errors.Hdf5Exception;
import dev.fathom.engine.numeric.HalfFloats;
import io.jhdf.object.datatype.DataType;
import io.jhdf.object.datatype.EnumDataType;
import io.jhdf.object.datatype.FixedPoint;
import io.jhdf.object.datatype.FloatingPoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How one element of an HDF5 data set lies in its bytes.
 *
 * <p>HDF5 describes numbers by bit fields, so "a float of 2 bytes" may be IEEE half or bfloat16: the fields decide,
 * not the size.
 */
public record Hdf5Element(Kind kind, ByteOrder order) {

    /**
     * The number formats that are understood. Bool is the enumeration FALSE = 0, TRUE = 1 of one byte that h5py
     * writes.
     */
    public enum Kind {
        F16(2), BF16(2), F32(4), F64(8), I8(1), I16(2), I32(4), I64(8), U8(1), U16(2), U32(4), U64(8), BOOL(1);

        private final int bytes;

        Kind(int bytes) {
            this.bytes = bytes;
        }

        public int bytes() {
            return bytes;
        }
    }

    /** Recognises the element of a data set; {@code where} names it in the refusal. */
    static Hdf5Element of(DataType type, String where) {
        return switch (type) {
            case FloatingPoint f -> new Hdf5Element(floatKind(f, where), f.getByteOrder());
            case FixedPoint i -> new Hdf5Element(integerKind(i, where), i.getByteOrder());
            case EnumDataType e when isBoolean(e) -> new Hdf5Element(Kind.BOOL, ByteOrder.LITTLE_ENDIAN);
            default -> throw new Hdf5Exception(where + " holds elements of HDF5 type " + type.getClass().getSimpleName()
                    + "; expected floats, integers or booleans: store the numbers as a plain array.");
        };
    }

    private static Kind floatKind(FloatingPoint f, String where) {
        boolean packed = f.getBitOffset() == 0 && f.getBitPrecision() == f.getSize() * 8 && f.getMantissaLocation() == 0
                && f.getExponentLocation() == f.getMantissaSize()
                && f.getSignLocation() == f.getExponentLocation() + f.getExponentSize()
                && f.getMantissaNormalization() == 2;
        String fields = f.getExponentSize() + "/" + f.getMantissaSize() + "/" + f.getExponentBias();
        Kind kind = switch (f.getSize() + ":" + fields) {
            case "2:5/10/15" -> Kind.F16;
            case "2:8/7/127" -> Kind.BF16;
            case "4:8/23/127" -> Kind.F32;
            case "8:11/52/1023" -> Kind.F64;
            default -> null;
        };
        if (!packed || kind == null) {
            throw new Hdf5Exception(where + " holds floats of " + f.getSize() + " bytes with exponent/fraction/bias "
                    + fields + "; expected float16, bfloat16, float32 or float64: convert it first.");
        }
        return kind;
    }

    private static Kind integerKind(FixedPoint i, String where) {
        if (i.getBitOffset() != 0 || i.getBitPrecision() != i.getSize() * 8) {
            throw new Hdf5Exception(where + " holds integers of " + i.getBitPrecision() + " bits at bit "
                    + i.getBitOffset() + " of " + i.getSize() + " bytes; expected whole bytes: convert it first.");
        }
        return switch (i.getSize()) {
            case 1 -> i.isSigned() ? Kind.I8 : Kind.U8;
            case 2 -> i.isSigned() ? Kind.I16 : Kind.U16;
            case 4 -> i.isSigned() ? Kind.I32 : Kind.U32;
            case 8 -> i.isSigned() ? Kind.I64 : Kind.U64;
            default -> throw new Hdf5Exception(where + " holds integers of " + i.getSize()
                    + " bytes; expected 1, 2, 4 or 8: convert it first.");
        };
    }

    private static boolean isBoolean(EnumDataType e) {
        var names = e.getEnumMapping();
        return e.getSize() == 1 && names.size() == 2 && "FALSE".equalsIgnoreCase(names.get(0))
                && "TRUE".equalsIgnoreCase(names.get(1));
    }

    /**
     * Widens or rounds elements to float32: exact up to 16-bit integers and float32, one rounding to nearest even for
     * longer integers and float64.
     */
    void toFloats(ByteBuffer raw, float[] out) {
        ByteBuffer in = raw.duplicate().order(order);
        switch (kind) {
            case F32 -> in.asFloatBuffer().get(out);
            case F16 -> fill(out, () -> HalfFloats.fromFloat16(in.getShort()));
            case BF16 -> fill(out, () -> HalfFloats.fromBfloat16(in.getShort()));
            case F64 -> fill(out, () -> (float) in.getDouble());
            case I8 -> fill(out, in::get);
            case U8, BOOL -> fill(out, () -> in.get() & 0xff);
            case I16 -> fill(out, in::getShort);
            case U16 -> fill(out, () -> in.getShort() & 0xffff);
            case I32 -> fill(out, in::getInt);
            case U32 -> fill(out, () -> in.getInt() & 0xffff_ffffL);
            case I64 -> fill(out, in::getLong);
            case U64 -> fill(out, () -> unsignedToFloat(in.getLong()));
        }
    }

    private interface FloatSource {
        float next();
    }

    private static void fill(float[] out, FloatSource source) {
        for (int i = 0; i < out.length; i++) {
            out[i] = source.next();
        }
    }

    /**
     * Above 2^63 halve first; the lost bit is kept as a sticky bit so that the rounding of the half is that of the
     * whole.
     */
    private static float unsignedToFloat(long value) {
        return value >= 0 ? value : ((value >>> 1) | (value & 1)) * 2f;
    }

    /** Reverses each element's bytes in place if they are big-endian, so that the bytes end up little-endian. */
    void toLittleEndian(byte[] elements) {
        int size = kind.bytes();
        if (order == ByteOrder.LITTLE_ENDIAN || size == 1) {
            return;
        }
        for (int start = 0; start < elements.length; start += size) {
            for (int i = start, j = start + size - 1; i < j; i++, j--) {
                byte swap = elements[i];
                elements[i] = elements[j];
                elements[j] = swap;
            }
        }
    }
}
