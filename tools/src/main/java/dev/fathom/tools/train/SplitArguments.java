package dev.fathom.tools.train;

import dev.fathom.engine.Device;
import dev.fathom.engine.errors.DeviceException;
import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.training.parallel.DeviceList;
import dev.fathom.training.parallel.Split;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How the batch of a step is shared out: what changes the last bits of a result, and no more. */
final class SplitArguments {
    @Option(names = "--accumulate", defaultValue = "1", paramLabel = "K",
            description = "Run the batch of a step in K parts one after another (on each device): the memory of one part,"
                    + " the result of the whole. All parts but one are run forward twice, since the loss is of the whole"
                    + " batch, so a step takes up to a third longer (default: ${DEFAULT-VALUE}).")
    private int accumulate;

    @Option(names = "--devices", paramLabel = "LIST",
            description = "Instead of --device: share the batch of a step out among several. " + DeviceList.WORDS
                    + ". The first one also validates.")
    private String devices;

    /** The smallest batch that can be shared out so. */
    int leastBatch(CommandSpec spec) {
        return WrongCall.orValue(spec, () -> Math.max(1, accumulate) * (devices == null ? 1
                : DeviceList.parse(devices).size()));
    }

    /**
     * What the words mean, without a look at the machine.
     *
     * @param batchSize pictures a step
     */
    Split split(CommandSpec spec, int batchSize) {
        WrongCall.unless(devices == null || !spec.commandLine().getParseResult().hasMatchedOption("--device"), spec,
                "--device and --devices exclude each other; give one of them.");
        return WrongCall.orValue(spec, () -> {
            Split split = new Split(accumulate, devices == null ? List.of() : DeviceList.parse(devices));
            split.check(batchSize);
            return split;
        });
    }

    /**
     * Opens the devices and says which they are.
     *
     * @return where the model is to be
     * @throws DeviceException if one was asked for by name and cannot be used
     */
    Device choose(Split split, DeviceArguments where, PrintWriter out) {
        if (split.devices().isEmpty()) {
            return where.choose(out);
        }
        // What decides is --devices: --device, which has a default, is no part of how this run is repeated.
        where.device = null;
        for (Device device : split.devices()) {
            try {
                where.choose(device.toString());
            } catch (DeviceException e) {
                throw new DeviceException(e.getMessage().replace("--device ", "--devices "));
            }
        }
        return split.devices().getFirst();
    }
}
