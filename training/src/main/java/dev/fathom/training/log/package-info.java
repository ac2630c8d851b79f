/** Logs of a run: files of one JSON object a line that grow while it runs, and are cut back when it goes on. */
package dev.fathom.training.log;
