package dev.fathom.tests.cuda.emulated;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.cuda.emulated.check.CheckResult;
import dev.fathom.engine.cuda.emulated.check.KernelCheck;
import dev.fathom.engine.cuda.emulated.ptx.PtxModule;
import dev.fathom.engine.cuda.emulated.ptx.run.Dim3;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Random launches: as a class, and as the command {@code fathom kernels check}. */
class KernelCheckTest {
    private static final PtxModule PLANTED = Ptx.resource("planted.ptx");
    private static final PtxModule SAXPY = Ptx.resource("saxpy.ptx");
    private static final Path FOLDER = Path.of(System.getProperty("fathom.root"), "tests/src/test/resources/cuda");

    private static CheckResult check(String kernel) {
        return new KernelCheck(PLANTED.kernel(kernel)).launches(10).run();
    }

    /** Bugs that random launches find with nothing said about the arguments. */
    @ParameterizedTest
    @CsvSource({"scale_off_by_one, OUT_OF_BOUNDS_READ", "write_off_by_one, OUT_OF_BOUNDS_WRITE",
        "difference_at_the_edge, OUT_OF_BOUNDS_READ", "sum_by_float_atomics, NONDETERMINISTIC_ATOMIC",
        "blocks_read_their_neighbours, GLOBAL_RACE", "reverse_without_barrier, SHARED_RACE",
        "neighbour_without_syncwarp, SHARED_RACE", "barrier_in_half_a_warp, DIVERGENT_BARRIER",
        "barrier_in_one_warp, DIVERGENT_BARRIER", "shuffle_in_half_a_warp, INCOMPLETE_WARP"})
    void findsPlantedBugs(String kernel, FaultKind kind) {
        CheckResult result = check(kernel);
        assertTrue(result.findings().stream().anyMatch(f -> f.kind() == kind), result::toString);
    }

    @ParameterizedTest
    @CsvSource({"difference", "accumulate", "count_positive", "reverse_with_barrier", "at_most_128_threads"})
    void passesWhatIsRight(String kernel) {
        CheckResult result = check(kernel);
        assertTrue(result.passed(), result::toString);
        assertEquals(10, result.launches());
    }

    @Test
    void guessesWhatParametersAre() {
        assertEquals("[f32[p3], f32[p3], -1.0..1.0, p3]", new KernelCheck(SAXPY.kernel("saxpy")).launches(1).run().arguments()
                .toString());
        assertEquals("[f32[p2], f32[p2]=undefined, p2]", check("difference").arguments().toString());
        assertEquals("[f32[p2], i32[p2], p2]", check("count_positive").arguments().toString());
        assertTrue(assertThrows(FathomException.class, () -> check("structure")).getMessage().contains("is a structure of 40"));
    }

    @Test
    void takesWhatIsSaid() {
        KernelCheck rows = new KernelCheck(SAXPY.kernel("row_sums")).argument(0, "f32[rows*columns]")
                .argument(1, "f32[rows]=undefined").argument(2, "columns").range("rows", 5, 5).range("columns", 1, 100)
                .grid(Dim3.of(5)).block(Dim3.of(64)).launches(10);
        CheckResult result = rows.run();
        assertTrue(result.passed(), result::toString);
        // One row less than the grid has blocks.
        CheckResult small = rows.argument(1, "f32[4]=undefined").run();
        assertEquals(FaultKind.OUT_OF_BOUNDS_WRITE, small.findings().getFirst().kind());
        assertEquals(10, small.findings().getFirst().times());
        assertTrue(small.findings().getFirst().report().contains("right past the end of 'parameter 1' (16 bytes)"),
                small::toString);
    }

    @Test
    void theSameSeedMakesTheSameLaunches() {
        CheckResult a = new KernelCheck(PLANTED.kernel("scale_off_by_one")).seed(3).run();
        CheckResult b = new KernelCheck(PLANTED.kernel("scale_off_by_one")).seed(3).run();
        CheckResult c = new KernelCheck(PLANTED.kernel("scale_off_by_one")).seed(4).run();
        assertEquals(a, b);
        assertTrue(!a.equals(c));
    }

    @Test
    void commandNamesFaultsAndSetsTheExitCode() {
        Cli bad = Cli.run("kernels", "check", FOLDER.resolve("planted.ptx").toString(), "--kernel", "scale_off_by_one", "--kernel",
                "difference", "--launches", "8");
        assertEquals(1, bad.code());
        assertTrue(bad.out().contains("out-of-bounds read in scale_off_by_one at planted.cu:8"), bad.out());
        assertTrue(bad.out().contains("difference(f32[p2], f32[p2]=undefined, p2): 8 launches, no fault"), bad.out());
        assertTrue(bad.out().contains("1 of 2 kernels have faults."), bad.out());
        Cli good = Cli.run("kernels", "check", FOLDER.resolve("saxpy.ptx").toString(), "--kernel", "saxpy", "--arg", "0=f32[n]",
                "--arg", "1=f32[n]", "--arg", "3=n", "--range", "n=1..200", "--grid", "3", "--block", "33");
        assertEquals(0, good.code(), good.out() + good.err());
        assertTrue(good.out().contains("saxpy(f32[n], f32[n], -1.0..1.0, n): 20 launches, no fault"), good.out());
    }

    @Test
    void filesThatAreNoPtx(@TempDir Path folder) throws IOException {
        Path text = Files.writeString(folder.resolve("a.ptx"), "hello");
        Path empty = Files.writeString(folder.resolve("b.ptx"), ".version 7.2\n.target sm_80\n.address_size 64\n");
        Path binary = Files.write(folder.resolve("c.cubin"), new byte[] {0x7f, 'E', 'L', 'F', (byte) 0xff, (byte) 0xfe});
        String[][] cases = {{text.toString(), "a.ptx:1: 'hello' is not understood here"}, {empty.toString(), "has no kernel"},
            {binary.toString(), "is no text, so no PTX"}, {folder.resolve("d").toString(), "There is no file"}};
        for (String[] c : cases) {
            Cli cli = Cli.run("kernels", "check", c[0]);
            assertEquals(1, cli.code());
            assertTrue(cli.err().contains(c[1]), cli.err());
        }
        assertEquals(2, Cli.run("kernels").code());
        Cli wrong = Cli.run("kernels", "check", FOLDER.resolve("saxpy.ptx").toString(), "--arg", "0=f31[n]");
        assertEquals(2, wrong.code());
        assertTrue(wrong.err().contains("'f31' in 'f31[n]' is no element type"), wrong.err());
        assertEquals(2, Cli.run("kernels", "check", text.toString(), "--block", "0").code());
    }
}
