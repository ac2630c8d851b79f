package dev.fathom.tests.jcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.DeviceChoice;
import dev.fathom.engine.errors.DeviceException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Words become devices, and a GPU that cannot be used is refused in a sentence. */
class DeviceChoiceTest {
    @Test
    void wordsAreRead() {
        assertEquals(Device.CPU, DeviceChoice.of("cpu").device());
        assertEquals(Device.emulated(0), DeviceChoice.of("Emulated").device());
        assertEquals(Device.emulated(2), DeviceChoice.of("emulated:2").device());
        for (String wrong : new String[] {"gpu", "", "cuda:", "cuda:-1", "cpu:1", "auto:0", "cuda1"}) {
            String said = assertThrows(DeviceException.class, () -> DeviceChoice.check(wrong)).getMessage();
            assertTrue(said.startsWith("'" + wrong + "' is no device; there are auto, cpu, cuda or emulated"), said);
        }
    }

    /** Prints what three words become in a process of its own. */
    static final class Choose {
        private Choose() {
        }

        public static void main(String[] words) {
            for (String word : words) {
                try {
                    System.out.println(word + ": " + DeviceChoice.of(word));
                } catch (DeviceException e) {
                    System.out.println(word + ": " + e.getMessage());
                }
            }
        }
    }

    private static String choose(Map<String, String> environment, String... words) {
        String[] all = new String[words.length + 1];
        all[0] = Choose.class.getName();
        System.arraycopy(words, 0, all, 1, words.length);
        return FakeLibraries.java(environment, all).text();
    }

    @Test
    void whatIsMissingIsSaid(@TempDir Path folder) {
        assumeTrue(FakeLibraries.possible(), "no gcc: the fake libraries cannot be compiled");
        FakeLibraries.driver(folder, "GPUS=2");
        Map<String, String> environment = Map.of("LD_LIBRARY_PATH", folder.toString(), "PATH", "/nowhere");
        String said = choose(environment, "cuda", "auto");
        assertTrue(said.contains("cuda: --device cuda cannot be used here: cuBLAS was not found"), said);
        assertTrue(said.contains("auto: computing on cpu ("), said);
        FakeLibraries.cublas(folder, 12);
        FakeLibraries.cudnn(folder);
        said = choose(environment, "cuda", "cuda:1", "cuda:2");
        assertTrue(said.contains("cuda: computing on cuda (Fake GPU 0)"), said);
        assertTrue(said.contains("cuda:1: computing on cuda:1 (Fake GPU 1)"), said);
        assertTrue(said.contains("cuda:2: --device cuda:2 is not there; this machine has 2 GPUs"), said);
    }
}
