package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.compile.Slots.Kind;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The registers of one stretch of arithmetic as local variables of the generated method, and how they get there from the
 * warp's arrays and back.
 */
final class LaneLocals {
    private static final ClassDesc FLOAT = ClassDesc.of("java.lang.Float");
    private static final ClassDesc DOUBLE = ClassDesc.of("java.lang.Double");
    static final MethodTypeDesc INT_TO_FLOAT = MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_int);
    static final MethodTypeDesc FLOAT_TO_INT = MethodTypeDesc.of(ConstantDescs.CD_int, ConstantDescs.CD_float);
    static final MethodTypeDesc LONG_TO_DOUBLE = MethodTypeDesc.of(ConstantDescs.CD_double, ConstantDescs.CD_long);
    static final MethodTypeDesc DOUBLE_TO_LONG = MethodTypeDesc.of(ConstantDescs.CD_long, ConstantDescs.CD_double);

    private final CodeBuilder code;
    private final Places places;
    private final int r;
    private final int lane;
    private final Map<Register, Integer> locals = new LinkedHashMap<>();
    /** For predicates: the local with all lanes' bits, beside the one with this lane's. */
    private final Map<Register, Integer> masks = new LinkedHashMap<>();

    /**
     * @param r    local variable of the 32-bit registers; those of the 64-bit registers and of the predicates follow
     * @param lane local variable of the lane's number
     */
    LaneLocals(CodeBuilder code, int r, int lane, Places places) {
        this.code = code;
        this.r = r;
        this.lane = lane;
        this.places = places;
    }

    /** The local variable of the lane's number. */
    int lane() {
        return lane;
    }

    /** Pushes the array of the 64-bit registers, or of the others. */
    void pushArray(boolean wide) {
        code.aload(wide ? r + 1 : r);
    }

    /** The local variable of a register. */
    int of(Register r) {
        return locals.computeIfAbsent(r, x -> code.allocateLocal(type(x)));
    }

    private static TypeKind type(Register r) {
        return switch (Slots.kind(r.type())) {
            case FLOAT -> TypeKind.FLOAT;
            case DOUBLE -> TypeKind.DOUBLE;
            case LONG -> TypeKind.LONG;
            default -> TypeKind.INT;
        };
    }

    /** Before the loop over lanes: fetches a predicate's bits of all lanes. */
    void fetchMask(Register r) {
        int mask = code.allocateLocal(TypeKind.INT);
        masks.put(r, mask);
        code.aload(this.r + 2);
        places.push(code, r);
        code.iaload().istore(mask);
    }

    /** After the loop: puts a predicate's bits back. */
    void storeMask(Register r) {
        code.aload(this.r + 2);
        places.push(code, r);
        code.iload(masks.get(r)).iastore();
    }

    /** In the loop: gets this lane's value. */
    void load(Register r) {
        Kind kind = Slots.kind(r.type());
        if (kind == Kind.PREDICATE) {
            code.iload(masks.get(r)).iload(lane).iushr().iconst_1().iand().istore(of(r));
            return;
        }
        boolean wide = kind == Kind.LONG || kind == Kind.DOUBLE;
        pushArray(wide);
        places.push(code, r);
        code.iload(lane).iadd();
        if (wide) {
            code.laload();
        } else {
            code.iaload();
        }
        if (kind == Kind.FLOAT) {
            bitsToFloat();
        } else if (kind == Kind.DOUBLE) {
            bitsToDouble();
        }
        code.storeLocal(type(r), of(r));
    }

    /** In the loop: puts this lane's value back. */
    void store(Register r) {
        Kind kind = Slots.kind(r.type());
        if (kind == Kind.PREDICATE) {
            // mask = mask & ~(1 << lane) | value << lane
            int mask = masks.get(r);
            code.iload(mask).iconst_1().iload(lane).ishl().iconst_m1().ixor().iand();
            code.iload(of(r)).iload(lane).ishl().ior().istore(mask);
            return;
        }
        boolean wide = kind == Kind.LONG || kind == Kind.DOUBLE;
        pushArray(wide);
        places.push(code, r);
        code.iload(lane).iadd().loadLocal(type(r), of(r));
        if (kind == Kind.FLOAT) {
            floatToBits();
        } else if (kind == Kind.DOUBLE) {
            doubleToBits();
        }
        if (wide) {
            code.lastore();
        } else {
            code.iastore();
        }
    }

    void bitsToFloat() {
        code.invokestatic(FLOAT, "intBitsToFloat", INT_TO_FLOAT);
    }

    void floatToBits() {
        code.invokestatic(FLOAT, "floatToRawIntBits", FLOAT_TO_INT);
    }

    void bitsToDouble() {
        code.invokestatic(DOUBLE, "longBitsToDouble", LONG_TO_DOUBLE);
    }

    void doubleToBits() {
        code.invokestatic(DOUBLE, "doubleToRawLongBits", DOUBLE_TO_LONG);
    }
}
