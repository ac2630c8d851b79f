package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.run.LaneCode;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Translates stretches of arithmetic to Java bytecode: one static method a stretch, a loop over the lanes whose body
 * loads the registers that come from outside, calls the method of each instruction, and stores the registers that
 * somebody outside reads. The JIT compiler makes machine code of it, with the registers of the stretch in registers of
 * the machine.
 */
final class LaneCompiler {
    private static final ClassDesc NAME = ClassDesc.of(LaneCompiler.class.getPackageName() + ".Lanes");
    private static final ClassDesc INTS = ConstantDescs.CD_int.arrayType();
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(ConstantDescs.CD_void, INTS,
            ConstantDescs.CD_long.arrayType(), INTS, ConstantDescs.CD_int);
    private static final MethodTypeDesc DISPATCH = RUN.insertParameterTypes(0, ConstantDescs.CD_int);

    private final Slots slots;
    private final Addresses addresses;
    private final Register carry;
    /** Registers that more than one stretch or step names. */
    private final Set<Register> outside;
    private final List<List<Instruction>> stretches = new ArrayList<>();

    LaneCompiler(Slots slots, Addresses addresses, Register carry, Set<Register> outside) {
        this.slots = slots;
        this.addresses = addresses;
        this.carry = carry;
        this.outside = outside;
    }

    /** Takes a stretch; returns its number. */
    int add(List<Instruction> stretch) {
        stretches.add(List.copyOf(stretch));
        return stretches.size() - 1;
    }

    /** Compiles all stretches. */
    LaneCode compile() {
        byte[] bytes = ClassFile.of().build(NAME, c -> {
            c.withFlags(AccessFlag.FINAL);
            c.withSuperclass(LaneCode.class.describeConstable().orElseThrow());
            c.withMethodBody(ConstantDescs.INIT_NAME, ConstantDescs.MTD_void, ClassFile.ACC_PUBLIC, code -> code.aload(0)
                    .invokespecial(LaneCode.class.describeConstable().orElseThrow(), ConstantDescs.INIT_NAME,
                            ConstantDescs.MTD_void).return_());
            c.withMethodBody("run", DISPATCH, ClassFile.ACC_PUBLIC, this::dispatch);
            for (int i = 0; i < stretches.size(); i++) {
                List<Instruction> stretch = stretches.get(i);
                c.withMethodBody("stretch" + i, RUN, ClassFile.ACC_STATIC, code -> new LoopWriter(code, 0, 3, stretch,
                        Places.constants(slots), addresses, carry, outside::contains).write(false));
            }
        });
        try {
            return (LaneCode) MethodHandles.lookup().defineHiddenClass(bytes, true).lookupClass()
                    .getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private void dispatch(CodeBuilder code) {
        List<SwitchCase> cases = new ArrayList<>();
        for (int i = 0; i < stretches.size(); i++) {
            cases.add(SwitchCase.of(i, code.newLabel()));
        }
        Label end = code.newLabel();
        if (!cases.isEmpty()) {
            code.iload(1).tableswitch(end, cases);
            for (SwitchCase c : cases) {
                code.labelBinding(c.target()).aload(2).aload(3).aload(4).iload(5)
                        .invokestatic(NAME, "stretch" + c.caseValue(), RUN).return_();
            }
        }
        code.labelBinding(end).return_();
    }
}
