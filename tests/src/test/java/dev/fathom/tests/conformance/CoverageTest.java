package dev.fathom.tests.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.fathom.engine.Device;
import dev.fathom.engine.cpu.CpuBackend;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.cuda.CudaKernels;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.ViewOp;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * No operation without a cpu kernel, a conformance row and, where it has a gradient, a proof of it. Operations are
 * found by class path.
 */
class CoverageTest {
    private static final List<Class<? extends Op>> OPERATIONS = operations();

    private static List<Class<? extends Op>> operations() {
        return new ClassFileImporter().importPackages("dev.fathom.engine.ops").stream()
                .filter(c -> c.isRecord() && c.isAssignableTo(Op.class)).<Class<? extends Op>>map(CoverageTest::load)
                .sorted((a, b) -> a.getName().compareTo(b.getName())).toList();
    }

    private static Class<? extends Op> load(JavaClass c) {
        return c.reflect().asSubclass(Op.class);
    }

    private static List<String> names(java.util.stream.Stream<Class<? extends Op>> operations) {
        return operations.map(Class::getSimpleName).toList();
    }

    @Test
    void theScanFindsOperations() {
        assertTrue(OPERATIONS.size() >= 10, () -> "found only " + names(OPERATIONS.stream()));
    }

    @Test
    void everyOperationHasACpuKernel() {
        CpuBackend cpu = (CpuBackend) Backends.of(Device.CPU);
        assertEquals(List.of(), names(OPERATIONS.stream().filter(op -> !ViewOp.class.isAssignableFrom(op)
                && !cpu.table().has(op))),
                "operations without a line in a register(KernelTable) of engine's cpu.kernels");
    }

    /** On a GPU an operation may be refused, with a reason that ends the error's sentence. */
    @Test
    void everyOperationHasACudaKernelOrAReason() {
        CudaKernelTable cuda = CudaKernels.table();
        assertEquals(List.of(), names(OPERATIONS.stream().filter(op -> !ViewOp.class.isAssignableFrom(op)
                && !cuda.has(op) && cuda.refusal(op) == null)),
                "operations without a line in a register(CudaKernelTable) of engine's cuda.kernels");
    }

    @Test
    void everyOperationHasARow() {
        Set<Class<? extends Op>> rows = OpSpecs.rows().stream().map(OpSpec::op).collect(Collectors.toSet());
        assertEquals(List.of(), names(OPERATIONS.stream().filter(op -> !rows.contains(op))),
                "operations without a row in dev.fathom.tests.conformance");
    }

    /**
     * A row proves a gradient unless all its trials refuse central differences; then another row of the operation must
     * not.
     */
    @Test
    void everyGradientIsProvedByDifferences() {
        Set<Class<? extends Op>> proved = OpSpecs.rows().stream()
                .filter(row -> GradientCheck.applies(row.trial().op()))
                .filter(row -> row.trial().reasonAgainstFiniteDifferences() == null)
                .map(OpSpec::op).collect(Collectors.toSet());
        Set<Class<? extends Op>> differentiable = OpSpecs.rows().stream()
                .filter(row -> GradientCheck.applies(row.trial().op()))
                .map(OpSpec::op).collect(Collectors.toSet());
        assertEquals(List.of(), names(OPERATIONS.stream()
                .filter(op -> differentiable.contains(op) && !proved.contains(op))),
                "differentiable operations whose gradient no row holds to central differences");
    }
}
