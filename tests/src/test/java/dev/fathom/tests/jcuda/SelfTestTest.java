package dev.fathom.tests.jcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.cuda.CudaKernels;
import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.emulated.EmulatedDriver;
import dev.fathom.engine.cuda.emulated.EmulatedOptions;
import dev.fathom.engine.cuda.selftest.SelfTest;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.ops.Op;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The self-test misses no operation, and notices a GPU that computes something else. */
class SelfTestTest {
    private static final Device DEVICE = Device.emulated(7);

    @Test
    void everyOperationThatHasAKernelIsTested() {
        CudaKernelTable table = CudaKernels.table();
        List<String> missing = new ClassFileImporter().importPackages("dev.fathom.engine.ops").stream()
            .filter(c -> c.isAssignableTo(Op.class) && !c.isInterface()).map(JavaClass::reflect)
            .map(c -> c.<Op>asSubclass(Op.class)).filter(table::has).filter(c -> !SelfTest.covered().contains(c))
            .map(Class::getSimpleName).toList();
        assertEquals(List.of(), missing, "operations with a kernel and no line in SelfTestCases");
    }

    /** An emulated GPU whose PTX is changed on its way to the driver. */
    private static void install(UnaryOperator<String> change) {
        EmulatedDriver real = new EmulatedDriver(EmulatedOptions.defaults());
        CudaDriver changed = (CudaDriver) Proxy.newProxyInstance(SelfTestTest.class.getClassLoader(),
            new Class<?>[] {CudaDriver.class}, (proxy, method, arguments) -> {
                if (method.getName().equals("moduleLoad")) {
                    arguments[1] = change.apply((String) arguments[1]);
                }
                try {
                    return method.invoke(real, arguments);
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            });
        Backends.install(new CudaBackend(DEVICE, changed));
    }

    @Test
    void aSoundGpuPasses() {
        try {
            install(ptx -> ptx);
            assertEquals("nothing", SelfTest.quick(DEVICE).orElse("nothing"));
        } finally {
            Backends.close(DEVICE);
        }
    }

    /** The approximate exponential, which softmax inside attention uses, answers its argument. */
    @Test
    void aGpuThatComputesSomethingElseIsNoticed() {
        try {
            install(ptx -> ptx.replaceAll("ex2\\.approx(\\.ftz)?\\.f32", "mov.f32"));
            String said = SelfTest.quick(DEVICE).orElse("nothing");
            assertTrue(said.startsWith("the self-test of emulated:7 fails at ")
                && said.contains("times what is allowed"),
                said);
        } finally {
            Backends.close(DEVICE);
        }
    }
}
