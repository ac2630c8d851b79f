package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.run.LoopCode;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.AccessFlag;
import java.util.List;

/** Compiles one instruction, whose registers are numbered by operand, to a {@link LoopCode}. */
final class LoopCompiler {
    private static final ClassDesc INTS = ConstantDescs.CD_int.arrayType();
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(ConstantDescs.CD_void, INTS,
            ConstantDescs.CD_long.arrayType(), INTS, INTS, ConstantDescs.CD_int);
    private static final int R = 1;
    private static final int AT = 4;
    private static final int MASK = 5;

    private LoopCompiler() {
    }

    /**
     * @param i     registers have the numbers of their places as ids
     * @param carry the carry flag, whose place is the last one if the instruction uses it
     * @param count of places
     */
    static LoopCode compile(Instruction i, Register carry, int count) {
        ClassDesc name = ClassDesc.of(LoopCompiler.class.getPackageName() + ".Loop");
        ClassDesc parent = LoopCode.class.describeConstable().orElseThrow();
        byte[] bytes = ClassFile.of().build(name, c -> {
            c.withFlags(AccessFlag.FINAL);
            c.withSuperclass(parent);
            c.withMethodBody(ConstantDescs.INIT_NAME, ConstantDescs.MTD_void, ClassFile.ACC_PUBLIC, code -> code.aload(0)
                    .invokespecial(parent, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void).return_());
            c.withMethodBody("run", RUN, ClassFile.ACC_PUBLIC, code -> new LoopWriter(code, R, MASK, List.of(i),
                    places(code, count), null, carry, x -> true).write(true));
        });
        try {
            return (LoopCode) MethodHandles.lookup().defineHiddenClass(bytes, true).lookupClass().getDeclaredConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The places from the argument, each fetched once. */
    private static Places places(CodeBuilder code, int count) {
        int[] locals = new int[count];
        for (int k = 0; k < count; k++) {
            locals[k] = code.allocateLocal(TypeKind.INT);
            code.aload(AT).loadConstant(k).iaload().istore(locals[k]);
        }
        return new Places() {
            @Override
            public void push(CodeBuilder c, Register r) {
                c.iload(locals[r.name().equals(Registers.CARRY) ? count - 1 : r.id()]);
            }

            @Override
            public void pushAddress(CodeBuilder c, String symbol, long distance) {
                throw new IllegalStateException("addresses are registers here");
            }

            @Override
            public void pushParameter(CodeBuilder c, int at, int bytes, boolean signed, boolean wide) {
                throw new IllegalStateException("parameters are registers here");
            }
        };
    }
}
