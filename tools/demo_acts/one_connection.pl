#!/usr/bin/perl
# A network that carries one connection and is gone after it: what a lost link looks like to an assistant.
#   one_connection.pl PORT   prints the port it listens on, and leads one connection to PORT on this machine
use strict;
use warnings;
use IO::Socket::INET;
use IO::Select;

my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1) or die "no socket: $!\n";
$| = 1;
print $listener->sockport, "\n";
my $device = $listener->accept or die "nobody came\n";
close $listener;
my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $ARGV[0]) or die "no server: $!\n";
my %other = ($device => $server, $server => $device);
my $both = IO::Select->new($device, $server);
while (my @ready = $both->can_read) {
  for my $from (@ready) {
    my $count = sysread($from, my $octets, 65536);
    exit 0 unless $count;
    syswrite($other{$from}, $octets) == $count or exit 0;
  }
}
