package dev.cinnabar.engine;

import static dev.cinnabar.command.Flag.ADMIN;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.NOSCRIPT;
import static dev.cinnabar.command.Flag.NO_ASYNC_LOADING;
import static dev.cinnabar.command.Flag.STALE;

import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Flag;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.Reply;

/// CLUSTER and what belongs to it. This server is in no cluster, and each of them says so, with the words by
/// which clients tell a lone server from a node.
public enum ClusterCommands implements Command {
    ASKING(alone("ASKING")
            .flags(FAST)
            .since("3.0.0")
            .summary("In a cluster, lets the next command reach a slot that is just moving to this node.")),
    READONLY(alone("READONLY")
            .flags(LOADING, STALE, FAST)
            .since("3.0.0")
            .summary("In a cluster, lets this connection read from a replica of it.")),
    READWRITE(alone("READWRITE")
            .flags(LOADING, STALE, FAST)
            .since("3.0.0")
            .summary("In a cluster, takes back what READONLY allowed.")),
    ADDSLOTS(change("ADDSLOTS slot [slot ...]").since("3.0.0").summary("In a cluster, makes slots this node's own.")),
    ADDSLOTSRANGE(change("ADDSLOTSRANGE start-slot end-slot [start-slot end-slot ...]")
            .since("7.0.0")
            .summary("In a cluster, makes ranges of slots this node's own.")),
    BUMPEPOCH(change("BUMPEPOCH")
            .tips("nondeterministic_output")
            .since("3.0.0")
            .summary("In a cluster, goes on to the next epoch of the configuration.")),
    COUNT_FAILURE_REPORTS(admin("COUNT-FAILURE-REPORTS node-id")
            .tips("nondeterministic_output")
            .since("3.0.0")
            .summary("In a cluster, answers how many nodes say that a node has failed.")),
    COUNTKEYSINSLOT(subcommand("COUNTKEYSINSLOT slot", STALE)
            .since("3.0.0")
            .summary("In a cluster, answers how many keys of a slot are here.")),
    DELSLOTS(change("DELSLOTS slot [slot ...]").since("3.0.0").summary("In a cluster, gives slots of this node up.")),
    DELSLOTSRANGE(change("DELSLOTSRANGE start-slot end-slot [start-slot end-slot ...]")
            .since("7.0.0")
            .summary("In a cluster, gives ranges of slots of this node up.")),
    FAILOVER(change("FAILOVER [FORCE | TAKEOVER]")
            .since("3.0.0")
            .summary("In a cluster, puts a replica in the place of its master.")),
    FLUSHSLOTS(change("FLUSHSLOTS").since("3.0.0").summary("In a cluster, gives all slots of this node up.")),
    FORGET(change("FORGET node-id")
            .since("3.0.0")
            .summary("In a cluster, takes a node off the list of those that are known.")),
    GETKEYSINSLOT(subcommand("GETKEYSINSLOT slot count", STALE)
            .tips("nondeterministic_output")
            .since("3.0.0")
            .summary("In a cluster, answers some keys of a slot.")),
    HELP(subcommand("HELP", LOADING, STALE).since("5.0.0").summary("In a cluster, lists the subcommands.")),
    INFO(subcommand("INFO", STALE)
            .tips("nondeterministic_output")
            .since("3.0.0")
            .summary("In a cluster, answers how it is.")),
    KEYSLOT(subcommand("KEYSLOT key", STALE).since("3.0.0").summary("In a cluster, answers in which slot a key is.")),
    LINKS(subcommand("LINKS", STALE)
            .tips("nondeterministic_output")
            .since("7.0.0")
            .summary("In a cluster, answers which connections between nodes there are.")),
    MEET(change("MEET ip port [cluster-bus-port]")
            .since("3.0.0")
            .summary("In a cluster, makes another node known to this one.")),
    MYID(subcommand("MYID", STALE).since("3.0.0").summary("In a cluster, answers the name of this node.")),
    MYSHARDID(subcommand("MYSHARDID", STALE)
            .tips("nondeterministic_output")
            .since("7.2.0")
            .summary("In a cluster, answers the name that this node and its replicas share.")),
    NODES(subcommand("NODES", STALE)
            .tips("nondeterministic_output")
            .since("3.0.0")
            .summary("In a cluster, answers which nodes are known, a line for each.")),
    REPLICAS(admin("REPLICAS node-id")
            .tips("nondeterministic_output")
            .since("5.0.0")
            .summary("In a cluster, answers which replicas a node has.")),
    REPLICATE(
            change("REPLICATE node-id").since("3.0.0").summary("In a cluster, makes this node a replica of another.")),
    RESET(subcommand("RESET [HARD | SOFT]", ADMIN, NOSCRIPT, STALE)
            .since("3.0.0")
            .summary("In a cluster, makes this node forget it.")),
    SAVECONFIG(change("SAVECONFIG")
            .since("3.0.0")
            .summary("In a cluster, writes what this node knows of it to its disk.")),
    SET_CONFIG_EPOCH(change("SET-CONFIG-EPOCH config-epoch")
            .since("3.0.0")
            .summary("In a cluster, gives a new node its epoch of the configuration.")),
    SETSLOT(change("SETSLOT slot <IMPORTING node-id | MIGRATING node-id | NODE node-id | STABLE>")
            .arity(-4)
            .since("3.0.0")
            .summary("In a cluster, says to which node a slot belongs, or that it is moving.")),
    SHARDS(subcommand("SHARDS", STALE)
            .tips("nondeterministic_output")
            .since("7.0.0")
            .summary("In a cluster, answers which slots which masters and replicas hold.")),
    SLAVES(admin("SLAVES node-id")
            .tips("nondeterministic_output")
            .since("3.0.0")
            .deprecated("5.0.0", "CLUSTER REPLICAS")
            .summary("The old name of CLUSTER REPLICAS.")),
    SLOTS(subcommand("SLOTS", STALE)
            .tips("nondeterministic_output")
            .since("3.0.0")
            .deprecated("7.0.0", "CLUSTER SHARDS")
            .summary("In a cluster, answers which slots which nodes hold."));

    private static final String ALONE = "ERR This instance has cluster support disabled";

    private final CommandSpec spec;

    ClusterCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.CLUSTER).complexity("O(1)").build();
    }

    /// A command that is none of CLUSTER's.
    private static CommandSpec.Builder alone(String line) {
        return CommandSpec.syntax(line).categories("connection");
    }

    private static CommandSpec.Builder subcommand(String line, Flag... flags) {
        return CommandSpec.syntax("CLUSTER " + line).subcommand().flags(flags);
    }

    private static CommandSpec.Builder admin(String line) {
        return subcommand(line, ADMIN, STALE);
    }

    /// What changes something of the cluster.
    private static CommandSpec.Builder change(String line) {
        return subcommand(line, ADMIN, STALE, NO_ASYNC_LOADING);
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return call.reply().error(ALONE);
    }
}
