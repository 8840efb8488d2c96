"""The values that are planted, each unlike all others; most have what must be escaped."""

from tests.canary.forms import canary

PASSWORD = canary("MAIL_PASSWORD", "Kq7'\"Wz4 pÄss&Xv9Tr2Lm6Bd")
IN_URL = canary("MAIL_URL", "Hn3@/:?#%Ü'\"Yc8Rw5Gf2Jt7Vp")
IN_GROUP = canary("MAIL_URL of a group", "Zd6!$Mx1é\\Qb9Ls4Nk7Fw3Ch8")
IN_ROUTES = canary("MAIL_ROUTES", "Tg2+=Rv8ß;Pj5Xn1Dw6Ym9Sk3")
TOKEN = canary("MAIL_OAUTH2_TOKEN", "ya29.Bf4Kd9-Wm2_Qs7Hz5Tx1Np8")
CLIENT = canary("client_secret", "Lw8&=Gc3ö Vt6Bn1Rk9Jd4Fy7Mz")
REFRESH = canary("refresh_token", "1//Xs5Pw0-Cq8_Hv3Zk6Yn1Gt9Lb")
DATABASE = canary("MAIL_OUTBOX_URL", "Jm1:'Dy7ü/Kx4Wq9Sb2Fn6Tv8Rc")
BROKER = canary("broker_url", 'Nb9%"Sz2å#Gw6Lp1Xk8Vd3Hq5Mt')
APP = canary("SECRET_KEY", "Fr4;'Jx0ø\\Wt7Zc2Nq9Ky5Bm8Gd3")
BODY = canary("content", "Rk2Wp9 Dear Ann, Yt5Lq8Vx1Zs6Mc3")
FILE = canary("attachment", "Ps7Xd3 in the file Qw1Nh9Bv5Jg2Kf8")

SECRETS = (
    *(PASSWORD, IN_URL, IN_GROUP, IN_ROUTES, TOKEN, CLIENT, REFRESH),
    *(DATABASE, BROKER, APP),
)
CONTENT = (BODY, FILE)
PLANTED = (*SECRETS, *CONTENT)
