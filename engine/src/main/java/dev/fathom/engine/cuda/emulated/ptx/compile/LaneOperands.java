package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.compile.Slots.Kind;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Immediate;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Not;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Sink;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Symbol;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxException;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Variable;
import java.lang.classfile.CodeBuilder;

/** Puts operands on the Java stack as the type an operation wants, and results from there into registers. */
final class LaneOperands {
    private final CodeBuilder code;
    private final LaneLocals locals;
    private final Places places;
    private final Addresses addresses;

    LaneOperands(CodeBuilder code, LaneLocals locals, Places places, Addresses addresses) {
        this.code = code;
        this.locals = locals;
        this.places = places;
        this.addresses = addresses;
    }

    /** Pushes an operand as {@code wanted}: boolean, char, short, int, long, float or double. */
    void push(Operand o, Class<?> wanted, int line) {
        switch (o) {
            case Register r -> pushRegister(r, wanted, line);
            case Not n -> {
                pushRegister(n.predicate(), wanted, line);
                code.iconst_1().ixor();
            }
            case Immediate i -> pushNumber(i, wanted);
            case Symbol s -> pushAddress(s, wanted, line);
            default -> throw new PtxException("line " + line + ": " + o + " cannot be an operand of arithmetic");
        }
    }

    private void pushRegister(Register r, Class<?> wanted, int line) {
        int local = locals.of(r);
        Kind kind = Slots.kind(r.type());
        switch (kind) {
            case FLOAT -> code.fload(local);
            case DOUBLE -> code.dload(local);
            case LONG -> code.lload(local);
            default -> code.iload(local);
        }
        if (!convert(kind, wanted)) {
            throw new PtxException("line " + line + ": register " + r + " of type ." + r.type().text()
                    + " cannot be read as " + wanted);
        }
    }

    /** Converts the value on the stack; false if that makes no sense. */
    private boolean convert(Kind kind, Class<?> wanted) {
        if (kind == Kind.PREDICATE || wanted == boolean.class) {
            return kind == Kind.PREDICATE && wanted == boolean.class;
        }
        boolean wide = kind == Kind.LONG || kind == Kind.DOUBLE;
        if (wanted == float.class && kind == Kind.FLOAT || wanted == double.class && kind == Kind.DOUBLE) {
            return true;
        }
        if (kind == Kind.FLOAT) {
            locals.floatToBits();
        } else if (kind == Kind.DOUBLE) {
            locals.doubleToBits();
        }
        // Now the bits are an int or a long.
        if (wanted == long.class || wanted == double.class) {
            if (!wide) {
                return false;
            }
            if (wanted == double.class) {
                locals.bitsToDouble();
            }
            return true;
        }
        if (wide) {
            code.l2i();
        }
        if (wanted == float.class) {
            locals.bitsToFloat();
        } else if (wanted == char.class && kind != Kind.HALF) {
            code.i2c();
        } else if (wanted == short.class) {
            code.i2s();
        }
        return true;
    }

    private void pushNumber(Immediate i, Class<?> wanted) {
        if (wanted == float.class) {
            code.loadConstant(floatValue(i));
        } else if (wanted == double.class) {
            code.loadConstant(doubleValue(i));
        } else if (wanted == long.class) {
            code.loadConstant(i.bits());
        } else if (wanted == boolean.class) {
            code.loadConstant(i.bits() != 0 ? 1 : 0);
        } else if (wanted == char.class) {
            code.loadConstant((int) (char) i.bits());
        } else if (wanted == short.class) {
            code.loadConstant((int) (short) i.bits());
        } else {
            code.loadConstant((int) i.bits());
        }
    }

    static float floatValue(Immediate i) {
        return switch (i.format()) {
            case FLOAT64 -> (float) Double.longBitsToDouble(i.bits());
            case FLOAT32, INTEGER -> Float.intBitsToFloat((int) i.bits());
        };
    }

    static double doubleValue(Immediate i) {
        return i.format() == Immediate.Format.FLOAT32 ? Float.intBitsToFloat((int) i.bits())
                : Double.longBitsToDouble(i.bits());
    }

    private void pushAddress(Symbol s, Class<?> wanted, int line) {
        Variable v = addresses.variable(s.name(), line);
        switch (v.space()) {
            case "shared", "local", "param" -> {
                long at = addresses.offset(v.name()) + s.offset();
                if (wanted == long.class) {
                    code.loadConstant(at);
                } else {
                    code.loadConstant((int) at);
                }
            }
            case "global", "const" -> {
                locals.pushArray(true);
                places.pushAddress(code, v.name(), s.offset());
                code.iload(locals.lane()).iadd().laload();
                if (wanted != long.class) {
                    code.l2i();
                }
            }
            default -> throw new PtxException("line " + line + ": the address of ." + v.space() + " variable " + v.name()
                    + " is not supported");
        }
    }

    /** Takes the value on the stack, of type {@code produced}, into a register. */
    void pop(Operand target, Class<?> produced, int line) {
        boolean wide = produced == long.class || produced == double.class;
        if (target instanceof Sink) {
            if (wide) {
                code.pop2();
            } else {
                code.pop();
            }
            return;
        }
        if (!(target instanceof Register r) || r.special()) {
            throw new PtxException("line " + line + ": " + target + " cannot take a result");
        }
        int local = locals.of(r);
        switch (Slots.kind(r.type())) {
            case PREDICATE -> {
                if (produced != boolean.class) {
                    throw new PtxException("line " + line + ": predicate " + r + " cannot take a number");
                }
                code.istore(local);
            }
            case FLOAT -> {
                if (produced != float.class) {
                    narrowToInt(produced);
                    locals.bitsToFloat();
                }
                code.fstore(local);
            }
            case DOUBLE -> {
                if (produced == long.class) {
                    locals.bitsToDouble();
                }
                code.dstore(local);
            }
            case LONG -> {
                if (produced == double.class) {
                    locals.doubleToBits();
                } else if (!wide) {
                    code.i2l();
                }
                code.lstore(local);
            }
            case INT -> {
                narrowToInt(produced);
                code.istore(local);
            }
            case HALF -> {
                narrowToInt(produced);
                if (produced != char.class) {
                    code.i2c();
                }
                code.istore(local);
            }
        }
    }

    private void narrowToInt(Class<?> produced) {
        if (produced == float.class) {
            locals.floatToBits();
        } else if (produced == double.class) {
            locals.doubleToBits();
            code.l2i();
        } else if (produced == long.class) {
            code.l2i();
        }
    }
}
