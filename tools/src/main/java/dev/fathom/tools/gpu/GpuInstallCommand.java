package dev.fathom.tools.gpu;

import dev.fathom.engine.cuda.natives.CacheFolder;
import dev.fathom.engine.cuda.natives.CudaProbe;
import dev.fathom.engine.cuda.natives.CudaReport;
import dev.fathom.engine.cuda.natives.LibraryPlaces;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.cli.ExitCode;
import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.cli.WrongCall;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom gpu install}: cuBLAS and cuDNN for a machine that has only the driver. */
@Command(name = "install", mixinStandardHelpOptions = true, sortOptions = false,
    description = {"Fetch NVIDIA's cuBLAS 12.6 and cuDNN 9.5 into Fathom's cache folder.", "",
        "Only needed where neither a CUDA toolkit with cuDNN nor PyTorch's packages are installed; 'fathom doctor'"
        + " says so."
            + " Needs an NVIDIA driver 525.60 or newer to be of use. Interrupted, the same command goes on where it"
            + " stopped."})
public final class GpuInstallCommand implements Callable<Integer> {
    @Option(names = "--yes", description = "Accept the licences without being asked.")
    private boolean yes;

    @Option(names = "--from", paramLabel = "WHERE",
        description = "A Maven repository (https://...), or the file cuda-12.6-9.5-1.5.11-linux-x86_64-redist.jar."
            + " By default the mirror in ~/.m2/settings.xml, else Maven Central.")
    private String from;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Path folder = CacheFolder.path().resolve(LibraryPlaces.INSTALLED);
        InstallSource source = InstallSource.of(from, folder);
        CudaInstall install = source.install();
        CudaInstall.Plan plan = install.plan();
        if (plan.missing().isEmpty()) {
            out.println("All is there: " + folder);
            return 0;
        }
        out.println("NVIDIA's libraries for CUDA 12.6: cuBLAS 12.6.4, cuDNN 9.5.1, NVRTC 12.6");
        out.println("  from      " + source.jar());
        out.println("  fetch     " + Durations.bytes(plan.toFetch()) + ", " + plan.missing().size()
            + " of the files in a jar of 2.0 GB");
        out.println("  to        " + folder + ", where they take " + Durations.bytes(plan.unpacked()));
        out.println("  licences  NVIDIA's, not Fathom's:");
        out.println("            CUDA Toolkit  https://docs.nvidia.com/cuda/eula/index.html");
        out.println("            cuDNN         https://docs.nvidia.com/deeplearning/cudnn/latest/reference/eula.html");
        if (!accepted()) {
            out.println("Nothing was fetched.");
            return ExitCode.FAILED;
        }
        requireSpace(folder, plan);
        try (Progress progress = Progress.start("Fetching", plan.toFetch() / 1_000_000, "MB")) {
            install.run(bytes -> progress.to(bytes / 1_000_000));
        }
        out.println("Done: " + folder);
        CudaReport report = CudaProbe.look();
        out.println(report.problem().map(p -> "Still missing: " + p).orElse("CUDA is complete: "
            + report.gpus().stream().map(CudaReport.Gpu::name).toList()));
        return 0;
    }

    private boolean accepted() {
        if (yes) {
            return true;
        }
        Console console = System.console();
        WrongCall.unless(console != null && console.isTerminal(), spec,
            "Nobody is there to accept NVIDIA's licences; read them, then add --yes.");
        String answer = console.readLine("Fetch them and accept these licences? [y/N] ");
        return answer != null && answer.strip().toLowerCase(java.util.Locale.ROOT).matches("y|yes");
    }

    /** For a while the largest file is there packed and unpacked. */
    private static void requireSpace(Path folder, CudaInstall.Plan plan) {
        try {
            long free = Files.getFileStore(CacheFolder.make("")).getUsableSpace();
            long need = plan.unpacked() + plan.toFetch() / 2;
            if (free < need) {
                throw new FathomException("The libraries need " + Durations.bytes(need) + " of space, and the disk of "
                    + folder + " has " + Durations.bytes(free) + " free; make room, or set " + CacheFolder.VARIABLE
                    + " to a folder on another disk.");
            }
        } catch (IOException e) {
            throw new FathomException("The free space at " + folder + " cannot be asked (" + e + "); set "
                + CacheFolder.VARIABLE + " to another folder.", e);
        }
    }
}
