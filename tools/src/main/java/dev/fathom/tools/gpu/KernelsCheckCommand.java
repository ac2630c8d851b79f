package dev.fathom.tools.gpu;

import dev.fathom.engine.cuda.emulated.check.CheckResult;
import dev.fathom.engine.cuda.emulated.check.KernelCheck;
import dev.fathom.engine.cuda.emulated.ptx.PtxKernel;
import dev.fathom.engine.cuda.emulated.ptx.PtxModule;
import dev.fathom.engine.cuda.emulated.ptx.run.Dim3;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.cli.ExitCode;
import dev.fathom.tools.cli.WrongCall;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fathom kernels check}: random launches of the kernels of a PTX file. */
@Command(name = "check", mixinStandardHelpOptions = true, sortOptions = false,
    description = {"Launch every kernel of a PTX file many times on the emulated GPU, with random sizes and contents, and report "
        + "what it does wrong: reads and writes outside of its buffers, of freed or never written memory, misaligned accesses, "
        + "races, barriers that not all threads reach, and more.", "",
        "What parameters are is guessed: addresses are buffers, integers are sizes (p2 for parameter 2), and every buffer has "
        + "as many elements as all sizes multiplied. Where that is not so, say it with --arg:", "",
        "  f32[n]         a buffer of n floats, random; also f16, bf16, f64, i8, i16, i32, i64",
        "  i32[n]=0..9    random numbers from 0 to 9",
        "  f32[n]=zero    zeros; =undefined for results that nobody has written before",
        "  rows*cols+1    an integer, made of numbers and names of sizes; threads and blocks are the grid's",
        "  0.5, -1.0..1.0 a real number, or a random one"},
    exitCodeListHeading = "%nExit code: ", exitCodeList = {"0:no fault", "1:a fault, or a file that is no PTX"},
    footer = {"", "Example: nvcc --ptx -lineinfo saxpy.cu && fathom kernels check saxpy.ptx --arg 0=f32[n] --arg 1=f32[n] "
        + "--arg 2=-2.0..2.0 --arg 3=n"})
public final class KernelsCheckCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE.ptx", description = "PTX; with -lineinfo reports name lines of the source.")
    private Path file;

    @Option(names = "--kernel", paramLabel = "NAME", description = "Only this kernel; may be given several times.")
    private List<String> names = List.of();

    @Option(names = "--arg", paramLabel = "I=SPEC", description = "What parameter I (from 0) is given.")
    private Map<Integer, String> arguments = new LinkedHashMap<>();

    @Option(names = "--range", paramLabel = "NAME=A..B", description = "From where to where a size is drawn.")
    private Map<String, String> ranges = new LinkedHashMap<>();

    @Option(names = "--block", paramLabel = "X[,Y[,Z]]", description = "Threads of a block; random if not given.")
    private String block;

    @Option(names = "--grid", paramLabel = "X[,Y[,Z]]", description = "Blocks of the grid; random if not given.")
    private String grid;

    @Option(names = "--shared", defaultValue = "0", paramLabel = "BYTES", description = "Dynamic shared memory of a block.")
    private int shared;

    @Option(names = "--launches", defaultValue = "20", paramLabel = "N",
        description = "Launches of each kernel; default ${DEFAULT-VALUE}.")
    private int launches;

    @Option(names = "--seed", defaultValue = "0", paramLabel = "S",
        description = "The same seed gives the same launches; default ${DEFAULT-VALUE}.")
    private long seed;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        WrongCall.unless(launches >= 1, spec, "--launches is " + launches + ", but there must be at least 1.");
        WrongCall.unless(shared >= 0, spec, "--shared is " + shared + ", but a number of bytes is not negative.");
        Dim3 blockSize = extents("--block", block);
        Dim3 gridSize = extents("--grid", grid);
        PtxModule module = PtxModule.parse(file.getFileName().toString(), read());
        List<PtxKernel> chosen = names.isEmpty() ? module.kernels() : names.stream().map(module::kernel).toList();
        if (chosen.isEmpty()) {
            throw new FathomException(file + " has no kernel (no .entry); is it the PTX of a library?");
        }
        PrintWriter console = spec.commandLine().getOut();
        int faulty = 0;
        for (PtxKernel kernel : chosen) {
            CheckResult result = check(kernel, blockSize, gridSize);
            print(console, result);
            faulty += result.passed() ? 0 : 1;
        }
        console.printf(Locale.ROOT, "%d of %d kernels %s.%n", faulty == 0 ? chosen.size() : faulty, chosen.size(),
            faulty == 0 ? "ran without a fault" : "have faults");
        return faulty == 0 ? 0 : ExitCode.FAILED;
    }

    private CheckResult check(PtxKernel kernel, Dim3 blockSize, Dim3 gridSize) {
        KernelCheck check = new KernelCheck(kernel).launches(launches).seed(seed).dynamicShared(shared);
        arguments.forEach((i, text) -> WrongCall.orValue(spec, () -> check.argument(i, text)));
        ranges.forEach((name, text) -> {
            String[] ends = text.split("\\.\\.", 2);
            WrongCall.unless(ends.length == 2 && ends[0].matches("\\d{1,9}") && ends[1].matches("\\d{1,9}"), spec,
                "--range is " + name + "=" + text + ", but a range looks like n=1..1000.");
            WrongCall.orValue(spec, () -> check.range(name, Long.parseLong(ends[0]), Long.parseLong(ends[1])));
        });
        if (blockSize != null) {
            check.block(blockSize);
        }
        if (gridSize != null) {
            check.grid(gridSize);
        }
        return check.run();
    }

    private void print(PrintWriter console, CheckResult result) {
        console.printf(Locale.ROOT, "%s(%s): %d launches, %s%n", result.kernel(), String.join(", ", result.arguments()),
            result.launches(), result.passed() ? "no fault" : result.findings().size() == 1 ? "1 fault"
            : result.findings().size() + " faults");
        for (CheckResult.Finding f : result.findings()) {
            console.printf("  %s%n    seen in %d of %d launches; this is %s%n", f.report(), f.times(), result.launches(),
                f.launch());
        }
    }

    private Dim3 extents(String option, String text) {
        if (text == null) {
            return null;
        }
        WrongCall.unless(text.matches("[1-9]\\d{0,8}(,[1-9]\\d{0,4}){0,2}"), spec,
            option + " is " + text + ", but it is one to three numbers from 1 on, such as 32 or 16,16.");
        String[] parts = text.split(",");
        return new Dim3(Integer.parseInt(parts[0]), parts.length > 1 ? Integer.parseInt(parts[1]) : 1,
            parts.length > 2 ? Integer.parseInt(parts[2]) : 1);
    }

    private String read() {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new FathomException("There is no file " + file + ".", e);
        } catch (MalformedInputException e) {
            throw new FathomException(file + " is no text, so no PTX; a .cubin or .fatbin holds machine code.", e);
        } catch (IOException e) {
            throw new FathomException("Cannot read " + file + ": " + e.getMessage() + ".", e);
        }
    }
}
