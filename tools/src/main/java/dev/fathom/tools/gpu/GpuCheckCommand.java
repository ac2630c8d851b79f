package dev.fathom.tools.gpu;

import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.cuda.DeviceChoice;
import dev.fathom.engine.cuda.driver.DeviceProperties;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.errors.DeviceException;
import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.cli.ExitCode;
import dev.fathom.tools.cli.Machine;
import dev.fathom.tools.cli.Version;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom gpu check}: everything that can be found out about a GPU, into one file. */
@Command(name = "check", mixinStandardHelpOptions = true, sortOptions = false,
    description = {"Check a GPU thoroughly and write the results to a Markdown file: what it is, every kernel against"
        + " its"
        + " specification, how fast the model is.", "",
        "Where Fathom's tests are on the class path (tests/gpu/README.md), the conformance suite and the goldens run on"
            + " the GPU too. Exit code 0 if all is well, 1 if a check failed."},
    footer = {"", "Example: tools/fathom gpu check --out tests/gpu-results/2026-11-20.md"})
public final class GpuCheckCommand implements Callable<Integer> {
    @Option(names = "--out", required = true, paramLabel = "FILE", description = "Where the results go; replaced.")
    private Path out;

    @Option(names = "--peer", paramLabel = "FILE",
        description = "What tests/gpu/peer.py printed on this machine: PyTorch's times, set beside.")
    private Path peer;

    @Option(names = "--tiny", description = "A tiny network instead of ViT-S at 518; always so on the emulated device.")
    private boolean tiny;

    @Option(names = "--no-suites", description = "Without the suites of the tests, even if they are there.")
    private boolean noSuites;

    @Mixin
    private DeviceArguments where;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        where.check(spec);
        PrintWriter words = spec.commandLine().getOut();
        Device device = DeviceChoice.of(where.device).device();
        if (device.isHost()) {
            throw new DeviceException("There is no GPU to check: " + DeviceChoice.of(where.device).reason()
                + " Use --device emulated to see what the check does.");
        }
        Map<String, Double> times = peer == null ? Map.of() : PeerTimes.read(peer);
        BenchPlan plan = tiny || device.kind() == Device.Kind.EMULATED ? BenchPlan.tiny() : BenchPlan.standard();
        List<CheckPart> parts = new ArrayList<>(List.of(new SelfTestPart()));
        if (!noSuites) {
            parts.addAll(GpuCheck.found());
        }
        parts.add(new BenchPart(plan, times));
        int failed = new GpuCheck(out, head(device), line -> {
            words.println(line);
            words.flush();
        }).run(device, parts);
        words.println("results in " + out);
        return failed == 0 ? 0 : ExitCode.FAILED;
    }

    private static List<String> head(Device device) {
        DeviceProperties gpu = ((CudaBackend) Backends.of(device)).cuda().properties();
        List<String> lines = new ArrayList<>();
        lines.add("# " + gpu.name() + ", " + LocalDateTime.now().truncatedTo(ChronoUnit.MINUTES).toString().replace('T',
            ' '));
        lines.add("");
        lines.add("Written by `fathom gpu check`; " + Version.line() + ".");
        lines.add("");
        lines.add("- device: " + device + ", " + gpu.name() + ", " + gpu.architecture() + ", " + gpu.multiprocessors()
            + " multiprocessors, " + Durations.bytes(gpu.totalBytes()) + ", driver for CUDA "
            + gpu.driverVersion() / 1000 + "." + gpu.driverVersion() % 1000 / 10);
        Machine machine = Machine.look();
        lines.add("- host: " + machine.processor() + ", " + machine.logical() + " threads, " + machine.system()
            + ", Java "
            + machine.java());
        GpuPicture.look().facts().forEach(f -> lines.add("- " + f.name() + ": " + f.value()));
        return lines;
    }
}
