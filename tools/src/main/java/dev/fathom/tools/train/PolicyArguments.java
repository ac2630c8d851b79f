package dev.fathom.tools.train;

import dev.fathom.training.data.SkipBad;
import dev.fathom.training.state.SavePolicy;
import dev.fathom.training.trainer.RunPolicy;
import picocli.CommandLine.Option;

/** How a run is carried out: what changes no result. */
final class PolicyArguments {
    @Option(names = "--workers", defaultValue = "2",
            description = "Loader threads; results do not depend on it (default: ${DEFAULT-VALUE}).")
    private int workers;

    @Option(names = "--early-stop", defaultValue = "0", paramLabel = "N",
            description = "End after N epochs without a better validation (default: never).")
    private int earlyStop;

    @Option(names = "--skip-bad", defaultValue = "stop", paramLabel = "N",
            description = "How many frames that cannot be read an epoch may do without: stop (default) ends the run at"
                    + " the first, 20 or 1%% leaves out so many, all leaves out any number.")
    private String skipBad;

    RunPolicy policy(SavePolicy saves) {
        return RunPolicy.standard().withThreads(workers).with(saves).withEarlyStop(earlyStop)
                .withSkipBad(SkipBad.of(skipBad));
    }
}
