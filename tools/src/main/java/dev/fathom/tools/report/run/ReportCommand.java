package dev.fathom.tools.report.run;

import dev.fathom.tools.cli.WrongCall;
import dev.fathom.tools.report.HtmlPage;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fathom report}: a page of a training run, or of several beside each other. */
@Command(name = "report", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Write a page about a training run, or compare several.", "",
            "The page is one file that needs nothing else. It takes runs that are finished, were killed or still go on."},
        footer = {"", "Examples:", "  tools/fathom report runs/nyu",
            "  tools/fathom report runs/a runs/b runs/c --out compared.html"})
public final class ReportCommand implements Callable<Integer> {
    @Parameters(arity = "1..*", paramLabel = "RUN", description = "Folders of runs: the --outdir of 'fathom train'.")
    private List<Path> runs;

    @Option(names = "--out", paramLabel = "FILE",
            description = "The page. By default report.html in the folder of one run, and for several"
                    + " comparison.html here.")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        WrongCall.unless(runs.stream().map(r -> r.toAbsolutePath().normalize()).distinct().count() == runs.size(), spec,
                "A run is named twice; name each once.");
        List<RunHistory> histories = runs.stream().map(RunHistory::open).toList();
        HtmlPage page = histories.size() == 1 ? RunReport.of(histories.getFirst()) : Comparison.of(histories);
        Path file = out != null ? out : runs.size() == 1 ? runs.getFirst().resolve(RunReport.FILE)
                : Path.of(Comparison.FILE);
        page.save(file);
        PrintWriter words = spec.commandLine().getOut();
        histories.forEach(run -> words.println(RunReport.words(run)));
        words.println("report " + file);
        return 0;
    }
}
