# Reads mails from stdin, each behind its length (32 bits, big-endian); the first is no mail but
# JSON: what DNS has, TXT records by name. Writes one line of JSON for each mail: what Mail::DKIM
# makes of its signatures.
use v5.26;
use warnings FATAL => "all";

use JSON::PP ();
use Mail::DKIM::Verifier;
use Net::DNS;

package Records {

    sub new { my ($class, $records) = @_; return bless {%$records}, $class }
    sub errorstring { return 'NOERROR' }

    sub send {
        my ($self, $name, $type) = @_;
        my $packet = Net::DNS::Packet->new($name, $type);
        my $text   = $self->{$name};
        $packet->header->rcode(defined $text ? 'NOERROR' : 'NXDOMAIN');
        if (defined $text) {
            my @strings = $text =~ /.{1,255}/gs;
            my $record  = Net::DNS::RR->new(name => $name, type => $type, txtdata => \@strings);
            $packet->push(answer => $record);
        }
        return $packet;
    }
}

my $json = JSON::PP->new->utf8->canonical;
binmode STDIN;
$| = 1;

Mail::DKIM::DNS::resolver(Records->new($json->decode(take(unpack 'N', take(4)))));
while (my $length = take(4)) {
    say $json->encode(verdicts(take(unpack 'N', $length)));
}

sub take {
    my ($size) = @_;
    my $bytes = '';
    while (length $bytes < $size) {
        read(STDIN, $bytes, $size - length $bytes, length $bytes) or return;
    }
    return $bytes;
}

sub verdicts {
    my ($content) = @_;
    my $verifier = Mail::DKIM::Verifier->new;
    $verifier->PRINT($content);
    $verifier->CLOSE;
    return [map { [$_->algorithm, $_->result eq 'pass' ? 'pass' : $_->result_detail] } $verifier->signatures];
}
